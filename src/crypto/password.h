// crypto/password.h - password verifiers: Argon2id for PLAIN, SCRAM-SHA-256 (RFC 5803's parts). Thin over libsodium and OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::crypto {

struct ScramVerifier {
  std::uint32_t iterations = 0;
  std::string salt, stored_key, server_key;  // raw bytes
};

struct PasswordCost { unsigned long long operations = 2; std::size_t memory = 19u << 20; };  // OWASP's floor: 19 MiB, t=2

std::string argon2id(std::string_view password, PasswordCost cost = {});          // "$argon2id$..." string
bool argon2id_verify(std::string_view stored, std::string_view password);         // constant time
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations = 4096);  // with a random salt
ScramVerifier scram_sha256(std::string_view password, std::uint32_t iterations, std::string salt);
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);  // 32 bytes: SCRAM's Hi()

}  // namespace posthorn::crypto
