// sasl/accounts.h - who may log in: what the protocol servers ask. The store implements it (store/logins).
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "crypto/password.h"

namespace posthorn::sasl {

struct Login {
  AccountId account{};
  std::string name;  // canonical, such as alice@blue.test
};

class Accounts {
 public:
  virtual ~Accounts() = default;
  // Argon2id on the worker pool, equal work for unknown users (attacks.md E13). Refused: wrong user or password.
  // Unavailable: too many tries from there (attacks.md F1), or the store cannot tell.
  // `service` is "smtp", "imap" or "pop3"; `address` is the client's IP.
  virtual Task<Result<Login>> check_password(std::string user, std::string password, std::string service, std::string address) = 0;
  virtual Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) = 0;
  // After SCRAM succeeded or failed: the account, and the count of failures. `good` false returns Refused.
  virtual Task<Result<Login>> finish_scram(std::string user, bool good, std::string service, std::string address) = 0;
};

}  // namespace posthorn::sasl
