#include "post/delivery.h"

#include "base/text.h"

namespace posthorn::post {
namespace {

// A reply after which another host of the same destination may do better: lost connections and 421 (RFC 5321 3.8).
bool try_next_host(const smtp::Reply& reply) { return reply.code == 0 || reply.code == 421; }

smtp::Reply no_reply(std::string text) { return {0, "4.4.1", std::move(text), {}}; }

std::string about_certificate(const TlsFacts& tls) {
  if (!tls.verified) return "not verified: " + tls.verify_error;
  return tls.by_dane ? "verified by DANE" : "verified";
}

std::string told(const std::optional<TlsFacts>& tls) {
  if (!tls) return {};
  return tls->version + " " + tls->cipher + ", certificate " + about_certificate(*tls);
}

}  // namespace

smtp::ClientOptions Delivery::client_options(const TlsPolicy& policy) const {
  smtp::ClientOptions out;
  out.helo = options_.host_name;
  out.tls = policy.need;
  out.tls_options.server_name = policy.server_name;
  out.tls_options.also_named = policy.also_named;
  out.tls_options.tlsa = policy.tlsa;
  out.tls_options.ca_file = options_.ca_file;
  if (options_.smarthost) {
    out.user = options_.smarthost->user;
    out.password = options_.smarthost->password;
    out.implicit_tls = options_.smarthost->implicit_tls;
    out.tls_options.require_verified = policy.need == smtp::TlsNeed::verified;
  }
  return out;
}

Task<void> Delivery::find_hosts(std::string id) {
  if (options_.smarthost) {
    route_ = co_await find_smarthost(resolver_, options_);
  } else {
    route_ = co_await find_route(resolver_, options_, domain_);
    if (options_.mta_sts && !route_->hops.empty()) sts_ = co_await policies_.find(domain_);
  }
  for (const auto& line : route_->evidence) log_.info("delivery.route", {{"id", id}, {"domain", domain_}, {"dns", line}});
}

Task<TlsPolicy> Delivery::policy_for(Hop hop) {
  if (!options_.smarthost) co_return co_await find_tls_policy(resolver_, options_, sts_, domain_, std::move(hop));
  TlsPolicy policy;
  policy.need = options_.smarthost->verify ? smtp::TlsNeed::verified : smtp::TlsNeed::required;
  policy.server_name = std::move(hop.host);
  co_return policy;
}

Task<Delivery::Talk> Delivery::talk_to(std::string id, const Hop& hop, const TlsPolicy& policy) {
  auto stream = co_await dialer_.connect(hop.to, options_.source_address, options_.connect_timeout);
  Talk talk;
  if (!stream) {
    talk.opened = fail(stream.error());
    co_return talk;
  }
  log_.info("delivery.connected", {{"id", id}, {"host", hop.host}, {"address", hop.to.text()}});
  smtp::Listener listener = [this, id](const smtp::Spoken& spoken) {
    log_.debug("delivery.dialogue", {{"id", id}, {spoken.client ? "we" : "they", spoken.line}});
  };
  auto options = client_options(policy);
  talk.client = smtp::make_client(std::move(*stream), std::move(options), clock_, std::move(listener));
  talk.opened = co_await talk.client->open();
  if (!talk.opened) co_return talk;
  const auto& facts = talk.client->tls();
  log_.info("delivery.ready", {{"id", id},
                               {"host", hop.host},
                               {"tls", facts ? facts->version : "none"},
                               {"cipher", facts ? facts->cipher : ""},
                               {"certificate", facts ? about_certificate(*facts) : ""},
                               {"policy", policy.because}});
  co_return talk;
}

Task<std::optional<Delivery::Connection>> Delivery::open(std::string id, std::size_t first_hop) {
  using smtp::TlsNeed;
  for (std::size_t at = first_hop; at < route_->hops.size(); ++at) {
    const Hop hop = route_->hops[at];
    auto policy = co_await policy_for(hop);
    Talk talk;
    if (policy.refused.empty()) talk = co_await talk_to(id, hop, policy);
    else talk.opened = fail(Errc::unavailable, policy.because + ": " + policy.refused);
    if (!talk.opened && policy.need == TlsNeed::opportunistic && talk.client && talk.client->tls_failed()) {
      // rfc:7435#3 opportunistic: a broken handshake must not keep mail from going, and it is said so.
      log_.warn("delivery.in_clear", {{"id", id}, {"host", hop.host}, {"why", talk.opened.error().what}});
      policy.need = TlsNeed::never;
      talk = co_await talk_to(id, hop, policy);
    }
    const std::string remote = hop.host + " [" + hop.to.address + "]";
    if (talk.opened) {
      Connection connection;
      connection.client = std::move(talk.client);
      connection.remote = remote;
      connection.hop = at;
      co_return std::move(connection);
    }
    trouble_ = no_reply(talk.opened.error().what);
    const bool without_tls = talk.client && talk.client->tls_failed();
    if (!policy.refused.empty() || (without_tls && !policy.because.empty())) {
      // rfc:3463#3.8 the letter waits because of what the policy demands, and everybody who asks is told so.
      trouble_.enhanced = "4.7.5";
      if (policy.refused.empty()) trouble_.text = policy.because + " asks for TLS that cannot be had: " + trouble_.text;
    }
    trouble_remote_ = remote;
    log_.warn("delivery.host_failed", {{"id", id}, {"host", remote}, {"why", talk.opened.error().what}});
  }
  co_return std::nullopt;
}

Task<std::vector<Attempt>> Delivery::send(std::string id, const smtp::Outgoing& outgoing) {
  std::vector<Attempt> attempts(outgoing.recipients.size());
  unreachable_ = false;
  if (!route_) co_await find_hosts(id);
  if (route_->hops.empty()) {
    for (auto& attempt : attempts) attempt.reply = route_->failure;
    unreachable_ = true;
    co_return attempts;
  }
  std::vector<std::size_t> left(attempts.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::size_t next_hop = 0;
  while (!left.empty()) {
    if (connection_ && connection_->sent >= options_.messages_per_connection) co_await finish();
    if (!connection_) {
      connection_ = co_await open(id, next_hop);
      if (!connection_) {
        unreachable_ = next_hop == 0;
        for (const auto i : left) {
          if (attempts[i].reply.code != 0 || !attempts[i].reply.text.empty()) continue;  // an earlier host did answer
          attempts[i].reply = trouble_;
          attempts[i].remote = trouble_remote_;
        }
        co_return attempts;
      }
    }
    smtp::Outgoing part;
    part.from = outgoing.from;
    part.message = outgoing.message;
    for (const auto i : left) part.recipients.push_back(outgoing.recipients[i]);
    auto outcome = co_await connection_->client->send(part);
    ++connection_->sent;
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < left.size(); ++i) {
      auto& attempt = attempts[left[i]];
      attempt.reply = outcome.fates[i].reply;
      attempt.remote = connection_->remote;
      attempt.tls = told(connection_->client->tls());
      attempt.dsn = connection_->client->offered("DSN");
      attempt.in_doubt = outcome.in_doubt;
      if (!outcome.connection_usable && !outcome.in_doubt && try_next_host(attempt.reply)) again.push_back(left[i]);
    }
    left = std::move(again);
    // A connection that was used before may simply have been closed meanwhile: the same host deserves a fresh one.
    next_hop = connection_->sent > 1 ? connection_->hop : connection_->hop + 1;
    if (!outcome.connection_usable) connection_.reset();
  }
  co_return attempts;
}

Task<void> Delivery::finish() {
  if (!connection_) co_return;
  co_await connection_->client->quit();
  connection_.reset();
}

}  // namespace posthorn::post
