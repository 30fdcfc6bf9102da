#include "sasl/scram.h"

#include "base/text.h"

namespace posthorn::sasl {

std::optional<std::vector<Attribute>> parse_attributes(std::string_view message) {
  if (message.size() > message_limit || message.contains('\0')) return std::nullopt;
  std::vector<Attribute> out;
  for (const auto part : split(message, ',')) {
    if (part.size() < 2 || part[1] != '=') return std::nullopt;
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
  if (out.empty() || !is_utf8(out)) return std::nullopt;
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
