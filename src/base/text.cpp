#include "base/text.h"

#include <array>
#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <cstring>

#include "base/cursor.h"
#include "base/scan.h"

namespace posthorn {

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = Cursor::lower(c);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

bool equal_icase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (Cursor::lower(a[i]) != Cursor::lower(b[i])) return false;
  return true;
}

bool contains_icase(std::string_view text, std::string_view part) {
  if (part.empty()) return true;
  if (part.size() > text.size()) return false;
  const std::string low_text = to_lower(text), low_part = to_lower(part);
  return low_text.find(low_part) != std::string::npos;
}

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

namespace {
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
  std::array<std::int8_t, 256> table{};
  for (auto& v : table) v = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto reverse = reverse_alphabet();
}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += alphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) out += alphabet[(bits << (6 - held)) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const int value = reverse[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[size++] = static_cast<char>((bits >> held) & 0xff);
    }
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  out.resize(size);
  return out;
}

std::string base64url_encode(std::string_view bytes) {
  auto out = base64_encode(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string plain(text);
  while (plain.ends_with('=') && text.size() - plain.size() < 2) plain.pop_back();
  if (plain.size() != text.size() && text.size() % 4 != 0) return std::nullopt;
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  plain.append((4 - plain.size() % 4) % 4, '=');
  return base64_decode(plain);
}

namespace {

// White space taken out, line by line.
std::string without_folds(std::string_view text) {
  std::string out;
  out.resize_and_overwrite(text.size(), [text](char* const bytes, std::size_t) {
    char* to = bytes;
    const char* const last = text.data() + text.size();
    for (const char* at = text.data(); at < last;) {
      if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
        ++at;
        continue;
      }
      const char* const end = word_end(at + 1, last);
      to = std::copy(at, end, to);
      at = end;
    }
    return static_cast<std::size_t>(to - bytes);
  });
  return out;
}

}  // namespace

std::optional<std::string> base64_decode_folded(std::string_view folded) {
  const auto text = without_folds(folded);
  std::string_view digits = text;
  while (digits.ends_with('=')) digits.remove_suffix(1);
  const std::size_t padding = text.size() - digits.size();
  // Of a last group one digit says nothing, two make one byte, three make two; "=" fills it up or is left out.
  const std::size_t rest = digits.size() % 4;
  if (rest == 1 || (padding != 0 && (rest == 0 || padding != 4 - rest))) return std::nullopt;

  // By pointers, which the library does not check one by one: every signature and key comes through here.
  const auto value_at = [in = digits.data(), table = reverse.data()](std::size_t at) { return static_cast<int>(table[static_cast<unsigned char>(in[at])]); };
  std::optional<std::string> result(std::in_place, digits.size() / 4 * 3 + 8, '\0');
  char* const out = result->data();
  std::size_t size = 0, at = 0;
  int sign = 0;  // negative once a byte was no digit
  for (; at + 8 <= digits.size(); at += 8, size += 6) {
    std::uint64_t all = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      const int value = value_at(at + i);
      sign |= value;
      all = all << 6 | static_cast<std::uint64_t>(value & 63);
    }
    const std::uint64_t word = boost::endian::native_to_big(all << 16);
    std::memcpy(out + size, &word, sizeof word);  // of which six bytes count
  }
  std::uint32_t bits = 0;
  int held = 0;
  for (; at < digits.size(); ++at) {
    const int value = value_at(at);
    sign |= value;
    bits = bits << 6 | static_cast<std::uint32_t>(value & 63);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out[size++] = static_cast<char>((bits >> held) & 0xff);
  }
  if (sign < 0 || (bits & ((1u << held) - 1)) != 0) return std::nullopt;
  result->resize(size);
  return result;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  int high = -1;
  for (const char raw : text) {
    const char c = Cursor::lower(raw);
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  return out;
}

namespace {
// The length of the well-formed UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  auto byte = [&](std::size_t i) -> unsigned { return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u; };
  auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) { return byte(i) >= low && byte(i) <= high; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first == 0xe0) return follows(1, 0xa0) && follows(2) ? 3 : 0;
  if (first == 0xed) return follows(1, 0x80, 0x9f) && follows(2) ? 3 : 0;
  if (first >= 0xe1 && first <= 0xef) return follows(1) && follows(2) ? 3 : 0;
  if (first == 0xf0) return follows(1, 0x90) && follows(2) && follows(3) ? 4 : 0;
  if (first >= 0xf1 && first <= 0xf3) return follows(1) && follows(2) && follows(3) ? 4 : 0;
  if (first == 0xf4) return follows(1, 0x80, 0x8f) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}
}  // namespace

namespace {
// The first byte from `at` on that may be over 127; eight bytes a step, as most text is ASCII.
std::size_t skip_ascii(std::string_view bytes, std::size_t at) {
  std::uint64_t eight = 0;
  while (at + sizeof eight <= bytes.size()) {
    std::memcpy(&eight, bytes.data() + at, sizeof eight);
    if (eight & 0x8080808080808080U) break;
    at += sizeof eight;
  }
  return at;
}
}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = skip_ascii(bytes, 0); at < bytes.size(); at = skip_ascii(bytes, at)) {
    const auto length = sequence_length(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

bool is_ascii(std::string_view bytes) {
  for (const char c : bytes.substr(skip_ascii(bytes, 0)))
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

std::string printable(std::string_view bytes, std::size_t limit) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (out.size() >= limit) return out += "...";
    const auto length = sequence_length(bytes, at);
    const auto first = static_cast<unsigned char>(bytes[at]);
    const bool c1 = length == 2 && first == 0xc2 && static_cast<unsigned char>(bytes[at + 1]) < 0xa0;
    if (length == 0 || c1 || first < 0x20 || first == 0x7f) {
      out += "\\x" + hex(bytes.substr(at, 1));
      ++at;
    } else {
      out += bytes.substr(at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace posthorn
