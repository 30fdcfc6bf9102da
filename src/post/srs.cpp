#include "post/srs.h"

#include <array>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

// RFC 4648 section 6 in small letters: on its way an address may lose its capitals.
constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t mac_octets = 5, time_length = 2, longest_local = 64;
constexpr unsigned days_in_circle = 32 * 32, days_of_life = 21;

// The digits of whole groups of five octets, of which one makes eight.
std::string first_digits(std::string_view bytes) {
  std::string out;
  unsigned held = 0, bits = 0;
  for (const char c : bytes.substr(0, mac_octets)) {
    held = (held << 8) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += digits[(held >> bits) & 31];
    }
    held &= (1u << bits) - 1;
  }
  return out;
}

// What is signed is compared without case, as the addresses are that come back.
std::string sign(const SrsMac& mac, std::string_view kind, std::string_view signed_part, std::string_view domain) {
  return first_digits(mac(std::string(kind) + " " + to_lower(signed_part) + " @" + to_lower(domain)));
}

unsigned day_of(WallTime now) {
  const auto days = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  return static_cast<unsigned>(((days % days_in_circle) + days_in_circle) % days_in_circle);
}

std::string stamp_of(unsigned day) { return {digits[(day >> 5) & 31], digits[day & 31]}; }

bool is_fresh(std::string_view stamp, WallTime now) {
  const auto high = digits.find(stamp[0]), low = digits.find(stamp[1]);
  if (high == digits.npos || low == digits.npos) return false;
  const auto made = static_cast<unsigned>(high * 32 + low);
  const auto age = (day_of(now) + days_in_circle - made) % days_in_circle;
  return age <= days_of_life || age == days_in_circle - 1;  // of tomorrow: a clock that was a little ahead
}

// "SRS0" or "SRS1" and its separator: "=" as we write it, "-" and "+" as others may.
bool has_kind(std::string_view local, char number) {
  return local.size() > 5 && equal_icase(local.substr(0, 3), "SRS") && local[3] == number && (local[4] == '=' || local[4] == '-' || local[4] == '+');
}

// Up to the next "="; nothing: there is none.
std::optional<std::string_view> take_part(std::string_view& text) {
  const auto end = text.find('=');
  if (end == text.npos) return std::nullopt;
  const auto part = text.substr(0, end);
  text.remove_prefix(end + 1);
  return part;
}

std::unexpected<Error> no_srs(const mail::Address& address) {
  return fail(Errc::refused, address.text() + " is no address that this server made for mail it sent on", "Notices can only go to a sender address of the last three weeks");
}

std::string wrapped(const mail::Address& reverse_path, std::string_view domain, const SrsMac& mac, WallTime now) {
  const std::string_view local = reverse_path.local;
  if (has_kind(local, '0')) {
    // The first who rewrote it knows the sender; a notice goes to him at once.
    const std::string rest = reverse_path.domain + "=" + std::string(local.substr(4));
    return "SRS1=" + sign(mac, "1", rest, domain) + "=" + rest;
  }
  if (has_kind(local, '1')) {
    auto rest = local.substr(5);
    if (take_part(rest)) return "SRS1=" + sign(mac, "1", rest, domain) + "=" + std::string(rest);
  }
  const std::string rest = stamp_of(day_of(now)) + "=" + reverse_path.domain + "=" + reverse_path.local;
  return "SRS0=" + sign(mac, "0", rest, domain) + "=" + rest;
}

}  // namespace

bool is_srs(const mail::Address& address) { return has_kind(address.local, '0') || has_kind(address.local, '1'); }

std::optional<mail::Address> srs_forward(const mail::Address& reverse_path, std::string_view domain, const SrsMac& mac, WallTime now) {
  auto local = wrapped(reverse_path, domain, mac, now);
  if (local.size() > longest_local) return std::nullopt;
  return mail::Address{std::move(local), std::string(domain)};
}

Result<mail::Address> srs_reverse(const mail::Address& address, const SrsMac& mac, WallTime now) {
  if (!is_srs(address)) return no_srs(address);
  const bool first = has_kind(address.local, '0');
  std::string_view rest = std::string_view(address.local).substr(5);
  const auto said = take_part(rest);
  if (!said || !crypto::equal_constant_time(to_lower(*said), sign(mac, first ? "0" : "1", rest, address.domain))) return no_srs(address);
  if (first) {
    const auto stamp = take_part(rest);
    if (!stamp || stamp->size() != time_length || !is_fresh(to_lower(*stamp), now)) return no_srs(address);
  }
  const auto domain = take_part(rest);
  if (!domain || domain->empty() || rest.empty()) return no_srs(address);
  // Through the one parser: an address that could not be written in a command is none.
  const mail::Address original{(first ? "" : "SRS0") + std::string(rest), to_lower(*domain)};
  auto parsed = mail::parse_address(original.text());
  if (!parsed) return no_srs(address);
  return parsed;
}

}  // namespace posthorn::post
