// tests/store/test_store.h - a whole store in memory, in virtual time, for the tests of everything above it.
// Its destructor counts everything again and expects that all is well.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/virtual_clock.h"
#include "crypto/keyring.h"
#include "store/engine/memory_engine.h"
#include "store/login_guard.h"
#include "store/logins.h"
#include "store/store.h"

namespace posthorn::store {

class TestStore {
 public:
  explicit TestStore(MemoryOptions options = {}) : TestStore(memory_engine(options), crypto::memory_keyring()) {}
  // Goes on with an engine that a test crashed, and the keys it had.
  TestStore(std::unique_ptr<MemoryEngine> given, std::shared_ptr<crypto::Keyring> keys)
      : keyring(std::move(keys)), engine(std::move(given)), store(*engine, *keyring, clock, workers, *hub), accounts(guard_logins(make_logins(store, *keyring), store, buckets)) {}
  ~TestStore() {
    workers.stop();
    if (!check) return;
    auto problems = store.verify();
    if (!problems) ADD_FAILURE() << problems.error().text();
    else for (const auto& one : *problems) ADD_FAILURE() << "verify: " << one;
  }
  TestStore(const TestStore&) = delete;

  // Runs a coroutine to its end.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr bug;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, T got) {
      bug = thrown;
      value = std::move(got);
    });
    context.restart();
    while (!value) context.run_one();
    if (bug) std::rethrow_exception(bug);
    return std::move(*value);
  }

  // alice@blue.test and so on, domain and all.
  AccountId add(const std::string& address, const std::string& password = "secret", std::uint64_t quota = 0) {
    static_cast<void>(run(store.add_domain(address.substr(address.find('@') + 1))));
    auto made = run(store.add_account(address, password, "", quota));
    if (!made) ADD_FAILURE() << made.error().text();
    return made ? *made : AccountId{};
  }
  Result<Appended> append(AccountId account, const std::string& message, std::vector<std::string> flags = {}, MailboxId mailbox = inbox_id) {
    auto prepared = store.prepare(message);
    if (!prepared) return fail(prepared.error());
    return run(store.append(account, mailbox, std::make_shared<const Prepared>(std::move(*prepared)), std::move(flags), clock.now()));
  }

  boost::asio::io_context context{1};
  VirtualClock clock{context};
  Workers workers{1};
  std::unique_ptr<Hub> hub = make_hub();
  std::shared_ptr<crypto::Keyring> keyring;
  std::unique_ptr<MemoryEngine> engine;
  Store store;
  net::TokenBuckets buckets{1u << 20};
  std::unique_ptr<sasl::Accounts> accounts;
  bool check = true;
};

}  // namespace posthorn::store
