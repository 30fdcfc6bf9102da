#include "crypto/password.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <cstdlib>

#include "crypto/bytes.h"
#include "crypto/keyring.h"

namespace posthorn::crypto {

std::string argon2id(std::string_view password, PasswordCost cost) {
  static_cast<void>(random_number());  // makes sure that libsodium is ready
  std::string stored(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(stored.data(), password.data(), password.size(), cost.operations, cost.memory, crypto_pwhash_ALG_ARGON2ID13) != 0) std::abort();
  stored.resize(stored.find('\0'));
  return stored;
}

bool argon2id_verify(std::string_view stored, std::string_view password) {
  static_cast<void>(random_number());
  const std::string text(stored);  // libsodium wants it ended by NUL
  return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

// rfc:5802#3: SaltedPassword, ClientKey, StoredKey, ServerKey; rfc:7677#3 for SHA-256.
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations) { return scram_sha256(password, iterations, random_bytes(16)); }

ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations, std::string salt) {
  const auto salted = pbkdf2_sha256(password, salt, iterations);
  ScramVerifier verifier;
  verifier.iterations = iterations;
  verifier.salt = std::move(salt);
  verifier.keys.push_back({sha256(hmac_sha256(salted, "Client Key")), hmac_sha256(salted, "Server Key")});
  return verifier;
}

std::optional<std::string> check_scram_proof(const ScramKeys& keys, std::string_view auth_message, std::string_view proof) {
  auto client_key = hmac_sha256(keys.stored, auth_message);
  if (proof.size() != client_key.size()) return std::nullopt;
  for (std::size_t i = 0; i < client_key.size(); ++i) client_key[i] = static_cast<char>(client_key[i] ^ proof[i]);
  if (!equal_constant_time(sha256(client_key), keys.stored)) return std::nullopt;
  return hmac_sha256(keys.server, auth_message);
}

Result<std::optional<ScramMatch>> check_scram_proof(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof) {
  if (verifier.keeper != nullptr) return verifier.keeper->scram_signature(verifier, auth_message, proof);
  for (std::size_t i = 0; i < verifier.keys.size(); ++i)
    if (auto signature = check_scram_proof(verifier.keys[i], auth_message, proof)) return std::optional(ScramMatch{i, std::move(*signature)});
  return std::optional<ScramMatch>();
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  std::string key(32, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        static_cast<int>(iterations), EVP_sha256(), 32, reinterpret_cast<unsigned char*>(key.data())) != 1)
    std::abort();
  return key;
}

}  // namespace posthorn::crypto
