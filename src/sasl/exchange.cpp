#include "sasl/exchange.h"

namespace posthorn::sasl {
namespace {

struct Exchange {
  Server& server;
  Accounts& accounts;
  std::string service, address;
  std::optional<Login> login;
  std::string scram_user;  // set once a verifier was asked for: the accounts want to hear how it ended
};

Task<Result<Step>> check(Exchange& e, CheckPassword question) {
  auto login = co_await e.accounts.check_password(question.user, question.password, e.service, e.address);
  if (!login) co_return fail(login.error());
  e.login = std::move(*login);
  co_return e.server.resume(true);
}

Task<Result<Step>> find(Exchange& e, FindVerifier question) {
  auto verifier = co_await e.accounts.scram_verifier(question.user, e.service, e.address);
  if (!verifier) co_return fail(verifier.error());
  e.scram_user = question.user;
  co_return e.server.resume(*verifier);
}

enum class Ended : unsigned char { well, badly };
Task<Result<Login>> finish(Exchange& e, Ended how, std::optional<crypto::ScramKeys> fitted) {
  if (!e.scram_user.empty()) {
    auto login = co_await e.accounts.finish_scram(e.scram_user, std::move(fitted), e.service, e.address);
    if (!login) co_return fail(login.error());
    e.login = std::move(*login);
  }
  if (how == Ended::badly || !e.login) co_return fail(Errc::refused, "wrong user or password");
  co_return std::move(*e.login);
}

}  // namespace

Task<Result<Login>> exchange(Server& server, std::optional<std::string> initial, Asker& asker, Accounts& accounts, std::string service,
                             std::string address) {
  Exchange e{server, accounts, std::move(service), std::move(address), std::nullopt, {}};
  Result<Step> step = server.step(initial ? std::optional<std::string_view>(*initial) : std::nullopt);
  for (;;) {
    if (!step) co_return fail(step.error());
    if (auto* challenge = std::get_if<Challenge>(&*step)) {
      auto bytes = std::move(challenge->bytes);
      auto answer = co_await asker.ask(std::move(bytes));
      if (!answer) co_return fail(answer.error());
      step = server.step(*answer);
    } else if (auto* password = std::get_if<CheckPassword>(&*step)) {
      auto question = std::move(*password);
      auto next = co_await check(e, std::move(question));
      step = std::move(next);
    } else if (auto* verifier = std::get_if<FindVerifier>(&*step)) {
      auto question = std::move(*verifier);
      auto next = co_await find(e, std::move(question));
      step = std::move(next);
    } else if (auto* success = std::get_if<Success>(&*step)) {
      auto bytes = std::move(success->bytes);
      auto fitted = std::move(success->fitted);
      if (!bytes.empty()) {
        auto answer = co_await asker.ask(std::move(bytes));
        if (!answer) co_return fail(answer.error());
        if (!answer->empty()) co_return fail(Errc::invalid, "nothing was expected after the last challenge");
      }
      co_return co_await finish(e, Ended::well, std::move(fitted));
    } else {
      const auto failure = std::get<Failure>(*step);
      if (failure.temporary) co_return fail(Errc::unavailable, failure.reason);
      auto ended = co_await finish(e, Ended::badly, std::nullopt);
      // Once a verifier was given out, a proof that cannot be read is a wrong one.
      if (failure.malformed && e.scram_user.empty()) co_return fail(Errc::invalid, failure.reason);
      co_return fail(ended.error().code, failure.reason);
    }
  }
}

}  // namespace posthorn::sasl
