// crypto/keyring.h - the only user of long-lived secrets at rest: the master key, keys that sign mail, password hashes.
// In a running server it is a process of its own (app/keyring), reached by remote_keyring(); commands that work alone and tests have
// it in their own process. Calls may block (a password for 50 ms and more): not on a core's thread, but for the quick ones that say so.
// Errors: unavailable, the keyring does not answer now, never "no"; corrupt or refused, the bytes are not of this keyring.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/password.h"
#include "crypto/signing_key.h"

namespace posthorn::crypto {

// What is kept of a password: an Argon2id verifier and the keys of SCRAM, both sealed so that only a keyring of the same master key can
// use them. Salt and iterations are no secrets.
struct PasswordVerifiers {
  std::string argon2id;
  std::uint32_t iterations = 0;
  std::string salt;
  ScramKeys scram;
};
// Under which the SCRAM keys of a password are made: those that an account has already, or, with no salt, new ones.
struct ScramSalt {
  std::uint32_t iterations = scram_iterations;
  std::string salt;
};

// The secret that a person's app makes one-time codes of: as it is kept, and to be shown once.
struct CodeSecret {
  std::string sealed, shown;
};

class Keyring {
 public:
  virtual ~Keyring() = default;
  // A fresh random account key, wrapped under the master key: stored with the account. Erasing it shreds the account's mail.
  virtual Result<std::string> new_account_key(AccountId account) = 0;
  // A message's data key (32 bytes) wrapped for one account, and back. Quick.
  virtual Result<std::string> wrap(AccountId account, std::string_view account_key, std::string_view data_key) const = 0;
  virtual Result<std::string> unwrap(AccountId account, std::string_view account_key, std::string_view wrapped) const = 0;
  // As wrap(), for mail in the queue, which belongs to no account.
  virtual Result<std::string> wrap_queue(std::string_view data_key) const = 0;
  virtual Result<std::string> unwrap_queue(std::string_view wrapped) const = 0;
  // A key that signs mail, bound to what it is for; and what signs with it without giving it out. Signing is quick.
  virtual Result<std::string> wrap_signing_key(std::string_view purpose, const SigningKey& key) const = 0;
  virtual Result<SigningKey> signing_key(std::string_view purpose, std::string_view wrapped) const = 0;
  // Blocks for two hashes.
  virtual Result<PasswordVerifiers> hash_password(std::string_view password, const ScramSalt& under) const = 0;
  // Which of the verifiers fits, if one does. Blocks for as many hashes. Verifiers of before they were sealed ("$argon2id$...") are taken too.
  virtual Result<std::optional<std::size_t>> verify_password(std::span<const std::string> verifiers, std::string_view password) const = 0;
  // rfc:5802#3 which of the keys the client's proof fits and the server's signature, or nothing. Quick, and as long for no keys at all as
  // for scram_keys_limit, so that nobody can tell by it whether there is such an account (attacks.md E13).
  virtual Result<std::optional<ScramMatch>> scram_signature(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof) const = 0;
  // A fresh secret for one-time codes of an account (RFC 6238), and whose step around `now` a code is, if it is one. Quick.
  virtual Result<CodeSecret> new_code_secret(AccountId account) const = 0;
  virtual Result<std::optional<std::uint64_t>> code_step(AccountId account, std::string_view sealed, std::string_view code, WallTime now) const = 0;
  // HMAC under a key of its own: made-up SCRAM salts for unknown users, blob ids for clients.
  virtual std::string pseudonym(std::string_view purpose, std::string_view text) const = 0;
};

// Reads FILE (32 bytes in hex, mode 0600), or makes it, synced with its folder, if it is absent.
Result<std::unique_ptr<Keyring>> file_keyring(const std::string& file);
std::unique_ptr<Keyring> memory_keyring();  // for tests
// Makes FILE if it is absent, without keeping anything of it.
Status make_key_file(const std::string& file);

// The keys that the serving process may hold, because it would ask for them with every message: those of mail in transit and of pseudonyms.
struct SharedKeys {
  std::string queue, pseudonym;
};
// One account's own key, opened: as SharedKeys, for the accounts that are in use.
class KeySource {
 public:
  virtual ~KeySource() = default;
  virtual Result<SharedKeys> shared_keys() const = 0;
  virtual Result<std::string> open_account_key(AccountId account, std::string_view account_key) const = 0;
};
// file_keyring() as both: for the process that serves a remote_keyring().
class LocalKeyring : public Keyring, public KeySource {};
Result<std::unique_ptr<LocalKeyring>> local_keyring(const std::string& file);

}  // namespace posthorn::crypto
