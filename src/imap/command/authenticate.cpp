// imap/command/authenticate.cpp - AUTHENTICATE (RFC 9051 6.2.2) with SASL-IR (RFC 4959): carries the bytes of a SASL exchange in
// base64 lines and asks the accounts.
// Security: only under TLS (attacks.md B4); lines are bounded; bad base64 ends this exchange only (E4); nothing of an exchange is
// logged but the reason of its failure.
#include "base/text.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"
#include "sasl/server.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t response_limit = 8'192;

// One exchange. `login` or `refusal` is its end, or the session is ending.
struct Exchange {
  Session& session;
  std::unique_ptr<sasl::Server> server;
  std::string scram_user = {};  // set once a verifier was asked for: the accounts want to hear how it ended
  std::optional<sasl::Login> login = std::nullopt;
  std::optional<Error> refusal = std::nullopt;    // by the accounts
  std::optional<Response> mistake = std::nullopt; // of the client's
};

struct Asked {
  std::string_view mechanism;
  std::optional<std::string> initial;  // decoded
};

Taken<Asked> take_mechanism(Cursor& in) {
  Asked asked;
  const auto name = take_space(in) ? take_atom(in) : std::nullopt;
  if (!name) return refuse(bad("AUTHENTICATE takes the name of a mechanism"));
  asked.mechanism = *name;
  if (in.done()) return asked;
  if (!take_space(in)) return refuse(bad("AUTHENTICATE takes the name of a mechanism"));
  // rfc:4959#3 "=" is an initial response that is empty.
  asked.initial = in.rest() == "=" ? std::optional<std::string>(std::string()) : base64_decode(in.rest());
  if (!asked.initial) return refuse(bad("The response is not base64"));
  return asked;
}

// Sends a challenge and reads the response, decoded. Nothing: the exchange is over.
Task<std::optional<std::string>> ask(Exchange& exchange, std::string bytes) {
  auto& session = exchange.session;
  session.out.append("+ ").append(base64_encode(bytes)).append("\r\n");
  const auto line = co_await session.line(response_limit);
  if (!line) co_return std::nullopt;
  if (*line == "*") {
    exchange.mistake = bad("Authentication cancelled");
    co_return std::nullopt;
  }
  auto response = base64_decode(*line);
  if (!response) exchange.mistake = bad("The response is not base64");
  co_return response;
}

Task<sasl::Step> check_password(Exchange& exchange, sasl::CheckPassword question) {
  auto& session = exchange.session;
  auto login = co_await session.accounts.check_password(question.user, question.password, "imap", session.stream->peer().address);
  if (!login) {
    exchange.refusal = login.error();
    co_return exchange.server->resume(false);
  }
  exchange.login = std::move(*login);
  co_return exchange.server->resume(true);
}

Task<sasl::Step> find_verifier(Exchange& exchange, sasl::FindVerifier question) {
  auto& session = exchange.session;
  auto verifier = co_await session.accounts.scram_verifier(question.user, "imap", session.stream->peer().address);
  if (!verifier) {
    exchange.refusal = verifier.error();
    co_return sasl::Step(sasl::Failure{verifier.error().what});
  }
  exchange.scram_user = question.user;
  co_return exchange.server->resume(*verifier);
}

Task<void> finish_scram(Exchange& exchange, bool good) {
  if (exchange.scram_user.empty()) co_return;
  auto& session = exchange.session;
  auto login = co_await session.accounts.finish_scram(exchange.scram_user, good, "imap", session.stream->peer().address);
  if (!login) exchange.refusal = login.error();
  else if (good) exchange.login = std::move(*login);
}

Task<void> succeed(Exchange& exchange, std::string bytes) {
  // rfc:9051#6.2.2 the server has no data with success of its own: they go as one more challenge, answered by an empty line.
  if (!bytes.empty()) {
    const auto answer = co_await ask(exchange, std::move(bytes));
    if (answer && !answer->empty()) exchange.mistake = bad("Nothing was expected here");
    if (!answer || !answer->empty()) co_return;
  }
  co_await finish_scram(exchange, true);
}

Task<void> give_up(Exchange& exchange, sasl::Failure failure) {
  exchange.login.reset();
  co_await finish_scram(exchange, false);
  if (exchange.refusal) co_return;
  if (failure.malformed) exchange.mistake = bad("This is not what the mechanism expects");
  else exchange.refusal = Error{Errc::refused, failure.reason, {}};
}

Task<void> exchange_all(Exchange& exchange, sasl::Step step) {
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
      co_await give_up(exchange, std::move(failure));
      co_return;
    }
  }
}

}  // namespace

Task<Response> authenticate(Session& session, Call& call) {
  if (!session.may_log_in()) co_return no("PRIVACYREQUIRED", "Use STARTTLS first");
  const auto asked = take_mechanism(call.in);
  if (!asked) co_return asked.error();
  const auto exporter = session.stream->tls() ? session.stream->tls()->exporter : std::string();
  Exchange exchange{.session = session, .server = sasl::make_server(asked->mechanism, exporter)};
  if (!exchange.server) co_return no("CANNOT", "This mechanism is not offered");
  std::optional<std::string_view> first;
  if (asked->initial) first = *asked->initial;
  auto step = exchange.server->step(first);
  co_await exchange_all(exchange, std::move(step));
  if (session.closing) co_return said();
  if (exchange.refusal) co_return login_refused(session, *exchange.refusal);
  if (exchange.mistake) {
    session.count_failed_login();
    co_return *exchange.mistake;
  }
  if (!exchange.login) co_return no("UNAVAILABLE", "Cannot check now, try again later");
  session.begin(std::move(*exchange.login));
  co_return ok(session.capabilities(), "Welcome");
}

}  // namespace posthorn::imap
