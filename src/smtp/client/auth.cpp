// smtp/client/auth.cpp - AUTH as a client (RFC 4954), for a smart host that wants a login. Only under TLS: without it the
// password is not sent and open() fails. A refused login is no fate of the message: it waits, and the operator hears why.
#include "base/text.h"
#include "sasl/client.h"
#include "smtp/client/session.h"

namespace posthorn::smtp {
namespace {

constexpr std::size_t most_rounds = 8;  // no mechanism needs more; a server that asks on is refused

std::unique_ptr<sasl::Client> best_mechanism(const Capabilities& server, sasl::ClientLogin login) {
  std::vector<std::string> offered;
  if (const auto found = server.keywords.find("AUTH"); found != server.keywords.end())
    for (const auto word : split(found->second, ' ')) offered.emplace_back(word);
  return sasl::make_client(offered, std::move(login));
}

}  // namespace

Task<Status> ClientSession::log_in() {
  if (!tls()) co_return fail(Errc::unavailable, "the server wants a login but offers no TLS", "Passwords are not sent in clear");
  sasl::ClientLogin login{options_.user, options_.password, tls()->exporter, {}};
  const auto mechanism = best_mechanism(capabilities_, std::move(login));
  if (!mechanism) co_return fail(Errc::unavailable, "the server offers no AUTH mechanism we know", "We know SCRAM-SHA-256 and PLAIN");
  auto response = mechanism->step(std::nullopt);
  if (!response) co_return fail(Errc::unavailable, response.error().what, response.error().todo);
  // rfc:4954#4 "=" is an initial response that is empty.
  std::string line = "AUTH " + std::string(mechanism->mechanism()) + " " + (response->empty() ? "=" : base64_encode(*response)) + "\r\n";
  for (std::size_t round = 0; round < most_rounds; ++round) {
    std::string hidden = round == 0 ? "AUTH " + std::string(mechanism->mechanism()) + " (hidden)" : std::string("(hidden)");
    const auto reply = co_await dialogue_.ask(std::move(line), options_.command_timeout, std::move(hidden));
    if (!reply) co_return fail(reply.error().code, "no reply to AUTH: " + reply.error().what);
    if (reply->code == 235) co_return mechanism->finish(std::nullopt);
    if (reply->code != 334) co_return fail(Errc::unavailable, told("AUTH", *reply), "Check user and password of this route");
    const auto challenge = base64_decode(reply->text);
    if (!challenge) co_return fail(Errc::unavailable, "the server's AUTH challenge is not base64");
    response = mechanism->step(*challenge);
    if (!response) co_return fail(Errc::unavailable, response.error().what, response.error().todo);
    line = base64_encode(*response) + "\r\n";
  }
  co_return fail(Errc::unavailable, "the server asks without end in AUTH");
}

}  // namespace posthorn::smtp
