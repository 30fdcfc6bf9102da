// crypto/bytes.h - hashes, MACs, random bytes, constant-time compare, sealing. Thin over libsodium and OpenSSL.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::crypto {

std::string sha256(std::string_view bytes);                          // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info, std::size_t length);
std::string random_bytes(std::size_t count);                         // getrandom; aborts the process if that fails (faults.md 20)
std::uint64_t random_number();
bool equal_constant_time(std::string_view a, std::string_view b);
std::uint64_t xxh3(std::string_view bytes);                          // not cryptographic: checksums of stored values
inline constexpr std::size_t siphash_key_bytes = 16;
std::uint64_t siphash(std::string_view key16, std::string_view bytes);  // SipHash-2-4: tables that strangers choose the keys of

// XChaCha20-Poly1305: nonce (24 bytes) | ciphertext | tag (16 bytes). `bound` is authenticated, not stored.
std::string seal(std::string_view key32, std::string_view plain, std::string_view bound);
Result<std::string> open(std::string_view key32, std::string_view sealed, std::string_view bound);

}  // namespace posthorn::crypto
