#include "post/delivery.h"

#include "base/text.h"

namespace posthorn::post {
namespace {

// A reply after which another host of the same destination may do better: lost connections and 421 (RFC 5321 3.8).
bool try_next_host(const smtp::Reply& reply) { return reply.code == 0 || reply.code == 421; }

smtp::Reply no_reply(std::string text) { return {0, "4.4.1", std::move(text), {}}; }

std::string told(const std::optional<TlsFacts>& tls) {
  if (!tls) return {};
  return tls->version + " " + tls->cipher + (tls->verified ? ", certificate verified" : ", certificate not verified: " + tls->verify_error);
}

}  // namespace

smtp::ClientOptions Delivery::client_options(const Hop& hop, smtp::TlsNeed tls) const {
  smtp::ClientOptions out;
  out.helo = options_.host_name;
  out.tls = tls;
  out.tls_options.server_name = hop.host;
  out.tls_options.ca_file = options_.ca_file;
  if (options_.smarthost) {
    out.user = options_.smarthost->user;
    out.password = options_.smarthost->password;
    out.implicit_tls = options_.smarthost->implicit_tls;
    out.tls_options.require_verified = tls == smtp::TlsNeed::verified;
  }
  return out;
}

Task<void> Delivery::find_hosts(std::string id) {
  if (options_.smarthost) {
    route_ = co_await find_smarthost(resolver_, options_);
  } else {
    route_ = co_await find_route(resolver_, options_, domain_);
  }
  for (const auto& line : route_->evidence) log_.info("delivery.route", {{"id", id}, {"domain", domain_}, {"dns", line}});
}

Task<Delivery::Talk> Delivery::talk_to(std::string id, const Hop& hop, smtp::TlsNeed tls) {
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
  auto options = client_options(hop, tls);
  talk.client = smtp::make_client(std::move(*stream), std::move(options), clock_, std::move(listener));
  talk.opened = co_await talk.client->open();
  if (!talk.opened) co_return talk;
  const auto& facts = talk.client->tls();
  log_.info("delivery.ready", {{"id", id},
                               {"host", hop.host},
                               {"tls", facts ? facts->version : "none"},
                               {"cipher", facts ? facts->cipher : ""},
                               {"certificate", !facts ? "" : facts->verified ? "verified" : "not verified: " + facts->verify_error}});
  co_return talk;
}

Task<std::optional<Delivery::Connection>> Delivery::open(std::string id, std::size_t first_hop) {
  using smtp::TlsNeed;
  TlsNeed need = TlsNeed::opportunistic;
  if (options_.smarthost) need = options_.smarthost->verify ? TlsNeed::verified : TlsNeed::required;
  for (std::size_t at = first_hop; at < route_->hops.size(); ++at) {
    const Hop hop = route_->hops[at];
    auto talk = co_await talk_to(id, hop, need);
    if (!talk.opened && need == TlsNeed::opportunistic && talk.client && talk.client->tls_failed()) {
      // rfc:7435#3 opportunistic: a broken handshake must not keep mail from going, and it is said so.
      log_.warn("delivery.in_clear", {{"id", id}, {"host", hop.host}, {"why", talk.opened.error().what}});
      talk = co_await talk_to(id, hop, TlsNeed::never);
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
