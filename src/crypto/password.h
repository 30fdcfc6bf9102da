// crypto/password.h - password verifiers: Argon2id for PLAIN, SCRAM-SHA-256 (RFC 5803's parts). Thin over libsodium and OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::crypto {

class Keyring;

struct ScramVerifier {
  std::uint32_t iterations = 0;
  std::string salt, stored_key, server_key;  // raw bytes; with an empty server key the stored key is both, sealed by a Keyring
  const Keyring* keeper = nullptr;           // who can use them; nothing: they stand here in clear
};

struct PasswordCost { unsigned long long operations = 2; std::size_t memory = 19u << 20; };  // OWASP's floor: 19 MiB, t=2

std::string argon2id(std::string_view password, PasswordCost cost = {});          // "$argon2id$..." string
bool argon2id_verify(std::string_view stored, std::string_view password);         // constant time
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations = 4096);  // with a random salt
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations, std::string salt);
// rfc:5802#3: the server's signature if the proof is the client's, else nothing. From the keys, or by the verifier's keeper, who may fail.
std::optional<std::string> check_scram_proof(std::string_view stored_key, std::string_view server_key, std::string_view auth_message, std::string_view proof);
Result<std::optional<std::string>> check_scram_proof(const ScramVerifier& verifier, std::string_view auth_message, std::string_view proof);
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);  // 32 bytes: SCRAM's Hi()

}  // namespace posthorn::crypto
