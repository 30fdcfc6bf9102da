// tests/pop3/world.h - a store in memory with alice's INBOX, accounts without Argon2's price, and options, for conversations.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/log.h"
#include "crypto/keyring.h"
#include "pop3/server.h"
#include "store/engine/memory_engine.h"
#include "talk/runner.h"

namespace posthorn::pop3 {

// alice@blue.test has the password "se cret"; the user "busy" cannot be checked now. It counts what it was asked.
class FakeAccounts final : public sasl::Accounts {
 public:
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string service, std::string address) override;
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) override;
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string service, std::string address) override;
  AccountId alice{};
  std::size_t asked = 0, scram_ends = 0;
};

// The three messages that INBOX holds; the second ends without a line end, the third has a header in UTF-8.
const std::vector<std::string>& letters();

struct World {
  explicit World(Clock& clock, talk::Settings settings = {});
  // The account and its letters.
  Task<Status> fill();
  std::size_t left();  // messages in INBOX now

  talk::Settings settings;
  Workers workers{0};
  std::unique_ptr<store::Hub> hub = store::make_hub();
  std::unique_ptr<crypto::Keyring> keyring = crypto::memory_keyring();
  store::Fault fault;
  std::unique_ptr<store::MemoryEngine> engine;
  store::Store store;
  FakeAccounts accounts;
  ServerOptions options;
  std::unique_ptr<Log> log = null_log();
  std::atomic<bool> stopping = false;
};

}  // namespace posthorn::pop3
