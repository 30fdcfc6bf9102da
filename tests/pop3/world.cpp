#include "pop3/world.h"

namespace posthorn::pop3 {

Task<Result<sasl::Login>> FakeAccounts::check_password(std::string user, std::string password, std::string service, std::string address) {
  ++asked;
  if (service != "pop3" || address.empty()) co_return fail(Errc::invalid, "wrong question");
  if (user == "busy") co_return fail(Errc::unavailable, "the store is away");
  if (user != "alice@blue.test" || password != "se cret") co_return fail(Errc::refused, "wrong password");
  co_return sasl::Login{alice, user};
}

Task<Result<crypto::ScramVerifier>> FakeAccounts::scram_verifier(std::string, std::string, std::string) {
  ++asked;
  co_return crypto::scram_sha256("se cret", 4096, "salt");
}

Task<Result<sasl::Login>> FakeAccounts::finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) {
  ++scram_ends;
  if (!fitted) co_return fail(Errc::refused, "wrong proof");
  co_return sasl::Login{alice, user};
}

const std::vector<std::string>& letters() {
  static const std::vector<std::string> all = {
      "From: bob@green.test\r\nSubject: one\r\n\r\n.a dot\r\n\r\n..two\r\n.\r\nend\r\n",
      "Subject: two\r\n\r\nno line end",
      "From: J\xc3\xbcrgen <j@green.test>\r\nSubject: Gr\xc3\xbc\xc3\x9f\r\n\r\nK\xc3\xb6ln\r\n",
  };
  return all;
}

World::World(Clock& clock, talk::Settings given)
    : settings(std::move(given)), engine(store::memory_engine({.executor = std::nullopt, .fault = &fault})), store(*engine, *keyring, clock, workers, *hub) {
  options.host_name = "pop.blue.test";
  options.insecure_login = settings.contains("insecure");
}

Task<Status> World::fill() {
  auto domain = co_await store.add_domain("blue.test");
  if (!domain) co_return fail(domain.error());
  auto made = co_await store.add_account("alice@blue.test", "se cret");
  if (!made) co_return fail(made.error());
  accounts.alice = *made;
  for (const auto& letter : letters()) {
    auto prepared = store.prepare(letter);
    if (!prepared) co_return fail(prepared.error());
    auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
    std::vector<std::string> flags;
    auto appended = co_await store.append(*made, store::inbox_id, std::move(shared), std::move(flags), store.clock().now());
    if (!appended) co_return fail(appended.error());
  }
  co_return Status{};
}

std::size_t World::left() {
  const auto members = store.view(accounts.alice).members(store::inbox_id);
  return members ? members->size() : 0;
}

}  // namespace posthorn::pop3
