#include "crypto/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::crypto {
namespace {

constexpr std::int64_t step_seconds = 30;
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  std::string digest(20, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()), &size) == nullptr)
    std::abort();
  return digest;
}

bool is_unreserved(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' || c == '@'; }

std::string percent(std::string_view text) {
  std::string out;
  for (const char c : text) out += is_unreserved(c) ? std::string(1, c) : "%" + to_upper(hex(std::string_view(&c, 1)));
  return out;
}

}  // namespace

std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits) {
  std::string message(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) message[7 - i] = static_cast<char>((counter >> (8 * i)) & 0xff);
  const auto digest = hmac_sha1(secret, message);
  const auto byte = [&digest](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(digest[at])); };
  const std::size_t at = byte(19) & 0x0f;
  std::uint32_t value = (byte(at) & 0x7f) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
  std::string out(digits, '0');
  for (auto i = out.rbegin(); i != out.rend(); ++i, value /= 10) *i = static_cast<char>('0' + value % 10);
  return out;
}

std::uint64_t totp_step(WallTime now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count() / step_seconds);
}

std::optional<std::uint64_t> totp_check(std::string_view secret, std::string_view code, WallTime now, std::uint64_t last_used) {
  std::string digits;
  for (const char c : code)
    if (c != ' ') digits += c;
  if (secret.empty() || digits.size() != 6 || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto step = totp_step(now);
  std::optional<std::uint64_t> found;
  for (const auto one : {step - 1, step, step + 1})
    if (equal_constant_time(hotp(secret, one), digits) && one > last_used) found = found.value_or(one);
  return found;
}

std::string base32_encode(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (held += 8; held >= 5; held -= 5) out += alphabet[(bits >> (held - 5)) & 31];
  }
  if (held > 0) out += alphabet[(bits << (5 - held)) & 31];
  return out;
}

std::optional<std::string> base32_decode(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : to_upper(text)) {
    if (c == ' ') continue;
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((bits >> held) & 0xff);
  }
  // What is left are zero bits of less than one symbol.
  if (held >= 5 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return out;
}

std::string totp_url(std::string_view secret, std::string_view issuer, std::string_view account) {
  return "otpauth://totp/" + percent(issuer) + ":" + percent(account) + "?secret=" + base32_encode(secret) + "&issuer=" + percent(issuer);
}

}  // namespace posthorn::crypto
