// crypto/password.h - password verifiers: Argon2id for PLAIN, SCRAM-SHA-256 (RFC 5803's parts). Thin over libsodium and OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::crypto {

class Keyring;

inline constexpr std::uint32_t scram_iterations = 4096;  // rfc:7677#4 at least

// What SCRAM keeps of one password (rfc:5802#3), raw bytes. With an empty server key the stored key is both, sealed by a Keyring.
struct ScramKeys {
  std::string stored, server;
  bool operator==(const ScramKeys&) const = default;
};

// What a client is told before it shows anything, and what its proof is tried against: the keys of each password that opens the account.
// They have one salt, because it goes out before it is known which password was typed (rfc:5802#5.1).
struct ScramVerifier {
  std::uint32_t iterations = 0;
  std::string salt;
  std::vector<ScramKeys> keys;
  const Keyring* keeper = nullptr;  // who can use the keys; nothing: they stand here in clear
};
inline constexpr std::size_t scram_keys_limit = 51;  // an account's own password and 50 of apps

// The first of the keys that a proof fits, and the server's signature made with it.
struct ScramMatch {
  std::size_t key = 0;
  std::string signature;
  bool operator==(const ScramMatch&) const = default;
};

struct PasswordCost { unsigned long long operations = 2; std::size_t memory = 19u << 20; };  // OWASP's floor: 19 MiB, t=2

std::string argon2id(std::string_view password, PasswordCost cost = {});          // "$argon2id$..." string
bool argon2id_verify(std::string_view stored, std::string_view password);         // constant time
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations = scram_iterations);  // with a random salt
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations, std::string salt);
// rfc:5802#3: the server's signature if the proof is the client's, else nothing. From the keys, or by the verifier's keeper, who may fail.
std::optional<std::string> check_scram_proof(const ScramKeys& keys, std::string_view auth_message, std::string_view proof);
Result<std::optional<ScramMatch>> check_scram_proof(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof);
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);  // 32 bytes: SCRAM's Hi()

}  // namespace posthorn::crypto
