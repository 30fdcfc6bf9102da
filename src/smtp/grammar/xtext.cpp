#include "smtp/grammar/xtext.h"

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::smtp {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
int hex_digit_icase(char c) { return hex_digit(c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c); }

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) return byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f));
  if (c < 0x10000) return byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
  byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
}

// After "\x": "{HEX}" with two to six digits.
std::optional<std::uint32_t> embedded_character(Cursor& in) {
  if (!in.take('{')) return std::nullopt;
  const auto digits = in.take_while([](char c) { return hex_digit_icase(c) >= 0; });
  if (digits.size() < 2 || digits.size() > 6 || !in.take('}')) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) value = value * 16 + static_cast<std::uint32_t>(hex_digit_icase(c));
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
  return value;
}

// "+HH" after the plus sign.
std::optional<char> plus_byte(Cursor& in) {
  const auto digits = in.take(std::size_t{2});
  if (!digits || hex_digit((*digits)[0]) < 0 || hex_digit((*digits)[1]) < 0) return std::nullopt;
  return static_cast<char>(hex_digit((*digits)[0]) * 16 + hex_digit((*digits)[1]));
}

bool xchar(char c) { return c > ' ' && c < 0x7f && c != '+' && c != '='; }

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  Cursor in(text);
  while (auto c = in.next()) {
    if (*c == '+') {
      const auto byte = plus_byte(in);
      if (!byte) return std::nullopt;
      out += *byte;
    } else if (xchar(*c)) {
      out += *c;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string encode_xtext(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    if (xchar(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '+';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::string> decode_utf8_address(std::string_view text) {
  std::string out;
  Cursor in(text);
  while (auto c = in.next()) {
    if (*c == '\\') {
      if (!in.take('x')) return std::nullopt;
      const auto character = embedded_character(in);
      if (!character) return std::nullopt;
      append_utf8(out, *character);
    } else if (*c == '+') {
      const auto byte = plus_byte(in);
      if (!byte) return std::nullopt;
      out += *byte;
    } else if (xchar(*c) || static_cast<unsigned char>(*c) >= 0x80) {
      out += *c;
    } else {
      return std::nullopt;
    }
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

}  // namespace posthorn::smtp
