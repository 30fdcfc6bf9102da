// smtp/command/auth.cpp - AUTH (RFC 4954): carries the bytes of a SASL exchange in base64 lines and asks the accounts.
// Security: only on submission and under TLS (attacks.md B4); lines of 12288 octets at most (rfc:4954#4); nothing of an exchange
// is logged but the reason of its failure.
#include "base/text.h"
#include "sasl/server.h"
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

constexpr std::size_t response_limit = 12'288;

std::optional<Reply> refuse_now(const Session& session) {
  if (!session.peer.submission) return make_reply(502, "5.5.1", "AUTH is not offered here; use the submission port");
  if (!session.peer.esmtp) return make_reply(503, "5.5.1", "Say EHLO first");
  if (session.peer.account) return make_reply(503, "5.5.1", "You are logged in already");
  if (session.incoming) return make_reply(503, "5.5.1", "A transaction is under way");
  if (!session.peer.tls && !session.options.insecure_auth) return make_reply(538, "5.7.11", "Use STARTTLS first");
  return std::nullopt;
}

// One exchange. `login` and `reply` are its end: one of them is set, or the session is ending.
struct Exchange {
  Session& session;
  std::unique_ptr<sasl::Server> server;
  std::optional<sasl::Login> login;
  std::optional<Reply> reply;
  std::string scram_user;  // set once a verifier was asked for: the accounts want to hear how it ended

  void fail(Errc code, std::string why) {
    reply = code == Errc::refused ? make_reply(535, "5.7.8", "Wrong user or password") : make_reply(454, "4.7.0", "Cannot check now, try again later");
    reply->log = std::move(why);
  }
};

// Sends a challenge and reads the response, decoded. Nothing: the exchange is over.
Task<std::optional<std::string>> ask(Exchange& exchange, std::string bytes) {
  auto& session = exchange.session;
  session.say(334, "", base64_encode(bytes));
  const auto until = session.line_deadline();
  const bool got = co_await session.next_line(response_limit, until);
  if (!got) co_return std::nullopt;
  if (session.line == "*") {
    exchange.reply = make_reply(501, "5.7.0", "Authentication cancelled");
    co_return std::nullopt;
  }
  auto response = base64_decode(session.line);
  session.line.clear();
  if (!response) exchange.reply = make_reply(501, "5.5.2", "The response is not base64");
  co_return response;
}

Task<sasl::Step> check_password(Exchange& exchange, sasl::CheckPassword question) {
  auto& session = exchange.session;
  auto login = co_await session.accounts.check_password(question.user, question.password, "smtp", session.peer.client.address);
  if (login) {
    exchange.login = std::move(*login);
    co_return exchange.server->resume(true);
  }
  exchange.fail(login.error().code, login.error().what);
  co_return sasl::Step(sasl::Failure{login.error().what});
}

Task<sasl::Step> find_verifier(Exchange& exchange, sasl::FindVerifier question) {
  auto& session = exchange.session;
  auto verifier = co_await session.accounts.scram_verifier(question.user, "smtp", session.peer.client.address);
  if (!verifier) {
    exchange.fail(verifier.error().code, verifier.error().what);
    co_return sasl::Step(sasl::Failure{verifier.error().what});
  }
  exchange.scram_user = question.user;
  co_return exchange.server->resume(*verifier);
}

Task<void> finish_scram(Exchange& exchange, bool good) {
  auto& session = exchange.session;
  auto login = co_await session.accounts.finish_scram(exchange.scram_user, good, "smtp", session.peer.client.address);
  if (login && good) exchange.login = std::move(*login);
  else if (!login && !exchange.reply) exchange.fail(login.error().code, login.error().what);
}

Task<void> succeed(Exchange& exchange, std::string bytes) {
  // rfc:4954#4 data that come with success go as one more challenge, answered by an empty line.
  if (!bytes.empty()) {
    const auto answer = co_await ask(exchange, std::move(bytes));
    if (!answer) co_return;
    if (!answer->empty()) {
      exchange.reply = make_reply(501, "5.5.2", "Nothing was expected here");
      co_return;
    }
  }
  if (!exchange.scram_user.empty()) co_await finish_scram(exchange, true);
}

Task<void> refuse_exchange(Exchange& exchange, sasl::Failure failure) {
  if (!exchange.scram_user.empty()) co_await finish_scram(exchange, false);
  if (exchange.reply) co_return;
  if (failure.malformed) {
    exchange.reply = make_reply(501, "5.5.2", "This is not what the mechanism expects");
    exchange.reply->log = failure.reason;
  } else {
    exchange.fail(Errc::refused, failure.reason);
  }
}

Task<void> run(Exchange& exchange, sasl::Step step) {
  while (true) {
    if (auto* challenge = std::get_if<sasl::Challenge>(&step)) {
      auto bytes = std::move(challenge->bytes);
      const auto answer = co_await ask(exchange, std::move(bytes));
      if (!answer) co_return;
      step = exchange.server->step(*answer);
    } else if (auto* password = std::get_if<sasl::CheckPassword>(&step)) {
      auto question = std::move(*password);
      auto next = co_await check_password(exchange, std::move(question));
      step = std::move(next);
    } else if (auto* verifier = std::get_if<sasl::FindVerifier>(&step)) {
      auto question = std::move(*verifier);
      auto next = co_await find_verifier(exchange, std::move(question));
      step = std::move(next);
    } else if (auto* success = std::get_if<sasl::Success>(&step)) {
      auto bytes = std::move(success->bytes);
      co_await succeed(exchange, std::move(bytes));
      co_return;
    } else {
      auto failure = std::get<sasl::Failure>(step);
      co_await refuse_exchange(exchange, std::move(failure));
      co_return;
    }
  }
}

void conclude(Session& session, Exchange& exchange) {
  if (session.closing) return;
  if (exchange.login && !exchange.reply) {
    session.peer.account = exchange.login->account;
    session.peer.login = exchange.login->name;
    session.say(235, "2.7.0", "Welcome");
    return;
  }
  if (!exchange.reply) exchange.fail(Errc::unavailable, "the exchange ended without an answer");
  session.log.info("smtp.auth_failed", {{"client", session.peer.client.address}, {"why", exchange.reply->log}});
  session.say(*exchange.reply);
  if (++session.failed_auths < session.options.auth_limit) return;
  const auto enough = make_reply(421, "4.7.0", "Too many failed attempts");
  session.close_with(enough, "too many failed AUTH");
}

}  // namespace

Task<void> auth(Session& session, std::string_view arguments) {
  if (const auto problem = refuse_now(session)) {
    session.say(*problem);
    co_return;
  }
  auto command = parse_auth(arguments);
  session.line.clear();
  if (!command) {
    session.say(command.error());
    co_return;
  }
  const auto exporter = session.peer.tls ? session.peer.tls->exporter : std::string();
  Exchange exchange{session, sasl::make_server(command->mechanism, exporter), {}, {}, {}};
  if (!exchange.server) {
    session.say(504, "5.5.4", "This mechanism is not offered");
    co_return;
  }
  session.mail_or_auth_seen = true;
  std::optional<std::string_view> first;
  if (command->initial_response) first = *command->initial_response;
  auto step = exchange.server->step(first);
  co_await run(exchange, std::move(step));
  conclude(session, exchange);
}

}  // namespace posthorn::smtp
