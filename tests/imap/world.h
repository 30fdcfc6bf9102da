// tests/imap/world.h - what an IMAP session lives in: a store in memory with alice@blue.test and a few messages, fake logins (a real
// password check costs 30 ms). A test starts from a copy of one store that is made once.
#pragma once

#include <memory>
#include <string>

#include "imap/server.h"
#include "sasl/accounts.h"
#include "store/engine/memory_engine.h"
#include "store/store.h"
#include "talk/runner.h"

namespace posthorn::imap::test {

// alice and bob with the password "secret"; "later" cannot be told now.
class FakeAccounts final : public sasl::Accounts {
 public:
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string service, std::string address) override;
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) override;
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string service, std::string address) override;
  int checked = 0;
};

struct World {
  // Settings: insecure yes|no (yes), append-limit N, stopping yes, login-timeout and idle-timeout are ServerOptions'.
  World(Clock& clock, const talk::Settings& settings);
  ~World();  // expects that the store is whole
  World(const World&) = delete;

  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
  FakeAccounts accounts;
  std::unique_ptr<Log> log = null_log();
  ServerOptions options;
  std::atomic<bool> stopping = false;
};

inline constexpr AccountId alice{1}, bob{2};
// The messages of alice's INBOX.
extern const std::string first_message, second_message, third_message;

}  // namespace posthorn::imap::test
