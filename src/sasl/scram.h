// sasl/scram.h - what both sides of SCRAM share (RFC 5802 5, 7): attributes, names, channel binding. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn::sasl {

inline constexpr std::size_t message_limit = 4096;

// "r=...,s=...,i=..." in order; nothing if a part is no "x=value", or the message holds NUL or is over message_limit.
struct Attribute {
  char name = 0;
  std::string_view value;
};
std::optional<std::vector<Attribute>> parse_attributes(std::string_view message);

// Whether the attributes from `from` to before `to` are extensions: one of RFC 5802's own there is out of place, and "m" is an
// extension that must not be ignored (rfc:5802#5.1).
bool only_extensions(const std::vector<Attribute>& attributes, std::size_t from, std::size_t to);

// rfc:5802#5.1 "=2C" and "=3D"; any other '=' makes the name bad. What comes out is a credential (sasl/credential.h).
std::optional<std::string> decode_name(std::string_view name);
std::string encode_name(std::string_view name);
bool is_nonce(std::string_view nonce);  // printable, no comma

std::string exclusive_or(std::string_view a, std::string_view b);  // of equal size

}  // namespace posthorn::sasl
