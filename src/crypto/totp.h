// crypto/totp.h - one-time codes by time (RFC 6238): six digits, steps of 30 seconds, HMAC-SHA-1, what every authenticator app knows. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthorn::crypto {

inline constexpr std::size_t totp_secret_bytes = 20;  // rfc:4226#4 recommends 160 bits

// rfc:4226#5.3
std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits = 6);
std::uint64_t totp_step(WallTime now);
// The step whose code this is: now, the one before or the next (rfc:6238#5.2), and later than `last_used`, as each counts once. Nothing: the
// code is wrong. Compared in constant time.
std::optional<std::uint64_t> totp_check(std::string_view secret, std::string_view code, WallTime now, std::uint64_t last_used);

// rfc:4648#6 without padding, as apps show and take secrets.
std::string base32_encode(std::string_view bytes);
std::optional<std::string> base32_decode(std::string_view text);  // either case, spaces skipped
// What goes into the QR code.
std::string totp_url(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace posthorn::crypto
