#include "sasl/scram.h"

#include "base/cursor.h"
#include "base/text.h"
#include "sasl/credential.h"

namespace posthorn::sasl {

std::optional<std::vector<Attribute>> parse_attributes(std::string_view message) {
  if (message.size() > message_limit || message.contains('\0')) return std::nullopt;
  std::vector<Attribute> out;
  for (const auto part : split(message, ',')) {
    // rfc:5802#7 attr-val = ALPHA "=" value, and a value has at least one character.
    if (part.size() < 3 || part[1] != '=' || Cursor::lower(part[0]) < 'a' || Cursor::lower(part[0]) > 'z') return std::nullopt;
    out.push_back({part[0], part.substr(2)});
  }
  return out;
}

std::optional<std::string> decode_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
      continue;
    }
    const auto escape = name.substr(i, 3);
    if (escape != "=2C" && escape != "=3D") return std::nullopt;
    out += escape == "=2C" ? ',' : '=';
    i += 2;
  }
  if (!is_credential(out)) return std::nullopt;
  return out;
}

std::string encode_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') out += "=2C";
    else if (c == '=') out += "=3D";
    else out += c;
  }
  return out;
}

bool only_extensions(const std::vector<Attribute>& attributes, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i)
    if (std::string_view("anmrcsipve").contains(attributes[i].name)) return false;
  return true;
}

bool is_nonce(std::string_view nonce) {
  for (const char c : nonce)
    if (c < 0x21 || c > 0x7e || c == ',') return false;
  return !nonce.empty();
}

std::string exclusive_or(std::string_view a, std::string_view b) {
  std::string out(a);
  for (std::size_t i = 0; i < out.size() && i < b.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
  return out;
}

}  // namespace posthorn::sasl
