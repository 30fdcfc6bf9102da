#include "crypto/master_keyring.h"

#include <map>
#include <mutex>

#include "crypto/bytes.h"
#include "crypto/totp.h"

namespace posthorn::crypto {
namespace {

constexpr std::size_t signing_keys_kept = 64;
constexpr std::size_t scram_key_size = 32;
constexpr std::size_t code_secret_size = 20;  // rfc:4226#4 R6: 160 bits
constexpr std::string_view argon2id_prefix = "$argon2id$";

class MasterKeyring final : public LocalKeyring {
 public:
  explicit MasterKeyring(std::string_view master)
      : account_key_(hkdf_sha256(master, "", "posthorn account keys", 32)),
        queue_key_(hkdf_sha256(master, "", "posthorn queue keys", 32)),
        secret_key_(hkdf_sha256(master, "", "posthorn secrets", 32)),
        pseudonym_key_(hkdf_sha256(master, "", "posthorn pseudonyms", 32)),
        password_key_(hkdf_sha256(master, "", "posthorn password verifiers", 32)),
        nobodys_keys_{seal(password_key_, random_bytes(2 * scram_key_size), "scram nobody"), {}} {}

  Result<std::string> new_account_key(AccountId account) override { return seal(account_key_, random_bytes(32), bound_to(account)); }
  Result<std::string> wrap(AccountId account, std::string_view account_key, std::string_view data_key) const override {
    TRY_ASSIGN(const auto key, open_account_key(account, account_key));
    return wrap_for(account, key, data_key);
  }
  Result<std::string> unwrap(AccountId account, std::string_view account_key, std::string_view wrapped) const override {
    TRY_ASSIGN(const auto key, open_account_key(account, account_key));
    return unwrap_for(account, key, wrapped);
  }
  Result<std::string> wrap_queue(std::string_view data_key) const override { return seal(queue_key_, data_key, "queue"); }
  Result<std::string> unwrap_queue(std::string_view wrapped) const override { return open(queue_key_, wrapped, "queue"); }
  std::string pseudonym(std::string_view purpose, std::string_view text) const override { return pseudonym_under(pseudonym_key_, purpose, text); }

  Result<SharedKeys> shared_keys() const override { return SharedKeys{queue_key_, pseudonym_key_}; }
  Result<std::string> open_account_key(AccountId account, std::string_view account_key) const override {
    return open(account_key_, account_key, bound_to(account));
  }

  Result<std::string> wrap_signing_key(std::string_view purpose, const SigningKey& key) const override {
    return seal(secret_key_, key.pem(), "secret " + std::string(purpose));
  }
  // Reading a key costs as much as a signature: those in use are kept.
  Result<SigningKey> signing_key(std::string_view purpose, std::string_view wrapped) const override {
    const std::lock_guard lock(mutex_);
    const std::string name = std::string(purpose) + '\0' + std::string(wrapped);
    if (const auto found = signing_keys_.find(name); found != signing_keys_.end()) return found->second;
    TRY_ASSIGN(const auto pem, open(secret_key_, wrapped, "secret " + std::string(purpose)));
    TRY_ASSIGN(auto key, SigningKey::from_pem(pem));
    if (signing_keys_.size() >= signing_keys_kept) signing_keys_.clear();
    signing_keys_.emplace(name, key);
    return key;
  }

  Result<PasswordVerifiers> hash_password(std::string_view password, const ScramSalt& under) const override {
    const auto scram = under.salt.empty() ? scram_sha256(password, under.iterations) : scram_sha256(password, under.iterations, under.salt);
    PasswordVerifiers out{seal(password_key_, argon2id(password), "argon2id"), scram.iterations, scram.salt, {}};
    out.scram.stored = seal(password_key_, scram.keys[0].stored + scram.keys[0].server, "scram " + scram.salt);
    return out;
  }
  Result<std::optional<std::size_t>> verify_password(std::span<const std::string> verifiers, std::string_view password) const override {
    for (std::size_t i = 0; i < verifiers.size(); ++i) {
      auto opened = verifiers[i];
      if (!opened.starts_with(argon2id_prefix)) {
        TRY_ASSIGN(opened, open(password_key_, verifiers[i], "argon2id"));
      }
      if (argon2id_verify(opened, password)) return std::optional(i);
    }
    return std::optional<std::size_t>();
  }
  Result<CodeSecret> new_code_secret(AccountId account) const override {
    auto secret = random_bytes(code_secret_size);
    auto sealed = seal(password_key_, secret, "codes of " + bound_to(account));
    return CodeSecret{std::move(sealed), std::move(secret)};
  }
  Result<std::optional<std::uint64_t>> code_step(AccountId account, std::string_view sealed, std::string_view code, WallTime now) const override {
    TRY_ASSIGN(const auto secret, open(password_key_, sealed, "codes of " + bound_to(account)));
    return totp_check(secret, code, now, 0);
  }
  Result<std::optional<ScramMatch>> scram_signature(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof) const override {
    std::optional<ScramMatch> match;
    for (std::size_t i = 0; i < verifier.keys.size(); ++i) {
      TRY_ASSIGN(const auto keys, opened(verifier.keys[i], verifier.salt));
      auto signature = check_scram_proof(keys, auth_message, proof);
      if (signature && !match) match = ScramMatch{i, std::move(*signature)};
    }
    // The rest of the work is for those who count microseconds.
    for (auto i = verifier.keys.size(); i < scram_keys_limit; ++i) {
      TRY_ASSIGN(const auto keys, opened(nobodys_keys_, "nobody"));
      static_cast<void>(check_scram_proof(keys, auth_message, proof));
    }
    return match;
  }

 private:
  Result<ScramKeys> opened(const ScramKeys& kept, const std::string& salt) const {
    if (!kept.server.empty()) return kept;
    TRY_ASSIGN(const auto keys, open(password_key_, kept.stored, "scram " + salt));
    if (keys.size() != 2 * scram_key_size) return fail(Errc::corrupt, "a SCRAM verifier has the wrong size");
    return ScramKeys{keys.substr(0, scram_key_size), keys.substr(scram_key_size)};
  }

  std::string account_key_, queue_key_, secret_key_, pseudonym_key_, password_key_;
  ScramKeys nobodys_keys_;
  mutable std::mutex mutex_;  // guards signing_keys_
  mutable std::map<std::string, SigningKey> signing_keys_;
};

}  // namespace

std::string bound_to(AccountId account) {
  std::string out = "account ";
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((number(account) >> shift) & 0xff);
  return out;
}
Result<std::string> wrap_for(AccountId account, std::string_view opened_key, std::string_view data_key) { return seal(opened_key, data_key, bound_to(account)); }
Result<std::string> unwrap_for(AccountId account, std::string_view opened_key, std::string_view wrapped) { return open(opened_key, wrapped, bound_to(account)); }
std::string pseudonym_under(std::string_view key, std::string_view purpose, std::string_view text) { return hmac_sha256(hmac_sha256(key, purpose), text); }

std::unique_ptr<LocalKeyring> master_keyring(std::string_view master) { return std::make_unique<MasterKeyring>(master); }

}  // namespace posthorn::crypto
