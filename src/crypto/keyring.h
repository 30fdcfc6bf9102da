// crypto/keyring.h - the only user of long-lived secrets at rest, so that it can become a process of its own.
// It holds the master key; account keys are derived or wrapped under it and never leave it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace posthorn::crypto {

class Keyring {
 public:
  virtual ~Keyring() = default;
  // A fresh random account key, wrapped under the master key: stored with the account. Erasing it shreds the account's mail.
  virtual std::string new_account_key(AccountId account) = 0;
  // A message's data key (32 bytes) wrapped for one account, and back.
  virtual Result<std::string> wrap(AccountId account, std::string_view account_key, std::string_view data_key) const = 0;
  virtual Result<std::string> unwrap(AccountId account, std::string_view account_key, std::string_view wrapped) const = 0;
  // As wrap(), for mail in the queue, which belongs to no account.
  virtual Result<std::string> wrap_queue(std::string_view data_key) const = 0;
  virtual Result<std::string> unwrap_queue(std::string_view wrapped) const = 0;
  // Another secret at rest, such as a key that signs mail, bound to what it is for.
  virtual Result<std::string> wrap_secret(std::string_view purpose, std::string_view secret) const = 0;
  virtual Result<std::string> unwrap_secret(std::string_view purpose, std::string_view wrapped) const = 0;
  // HMAC under a key of its own: made-up SCRAM salts for unknown users, blob ids for clients.
  virtual std::string pseudonym(std::string_view purpose, std::string_view text) const = 0;
};

// Reads FILE (32 bytes in hex, mode 0600), or makes it, synced with its folder, if it is absent.
Result<std::unique_ptr<Keyring>> file_keyring(const std::string& file);
std::unique_ptr<Keyring> memory_keyring();  // for tests

}  // namespace posthorn::crypto
