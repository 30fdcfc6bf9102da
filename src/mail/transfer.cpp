// mail/transfer.cpp - base64 and quoted-printable of message bodies (RFC 2045 6.7, 6.8): lenient readers that say whether
// they had to forgive something, and a writer. One reader each, over a sink, serves decoding and checking alike.
// Security: linear, output never longer than input.
#include <array>
#include <cstdint>

#include "base/cursor.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

enum : std::uint8_t { space = 64, pad = 65, junk = 66 };

constexpr std::array<std::uint8_t, 256> base64_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(junk);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : std::string_view(" \t\r\n")) table[static_cast<unsigned char>(c)] = space;
  table['='] = pad;
  return table;
}
constexpr auto values = base64_values();
constexpr std::uint8_t value_of(char c) {
  return values[static_cast<unsigned char>(c)];
}

// Reads base64 and gives the bytes to sink(char); false if the text was not as rfc:2045#6.8 has it. Data behind padding
// is read on as a new run, as the union of what readers do (attacks.md D5).
template <class Sink>
bool read_base64(std::string_view text, Sink sink) {
  bool clean = true;
  std::uint32_t bits = 0;
  int held = 0;  // sextets in `bits`
  int pads = 0;  // padding characters of the run that has ended, 0 while one runs
  int pads_due = 0;
  const auto flush = [&] {
    if (held == 1) clean = false;
    if (held >= 2) sink(static_cast<char>(bits >> (6 * held - 8) & 0xff));
    if (held == 3) sink(static_cast<char>(bits >> 2 & 0xff));
    bits = 0;
    held = 0;
  };
  std::size_t i = 0;
  while (i < text.size()) {
    // The common case: four characters of the alphabet at a group's start.
    if (held == 0 && pads == 0 && text.size() - i >= 4) {
      const std::uint32_t a = value_of(text[i]), b = value_of(text[i + 1]), c = value_of(text[i + 2]), d = value_of(text[i + 3]);
      if ((a | b | c | d) < 64) {
        const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
        sink(static_cast<char>(group >> 16 & 0xff));
        sink(static_cast<char>(group >> 8 & 0xff));
        sink(static_cast<char>(group & 0xff));
        i += 4;
        continue;
      }
    }
    const auto value = value_of(text[i++]);
    if (value == space) continue;
    if (value == junk) {
      clean = false;
    } else if (value == pad) {
      if (pads == 0) {
        pads_due = held == 2 ? 2 : held == 3 ? 1 : 0;
        flush();
      }
      if (++pads > pads_due) clean = false;
    } else {
      if (pads != 0) clean = false;
      pads = 0;
      bits = bits << 6 | value;
      if (++held == 4) {
        sink(static_cast<char>(bits >> 16 & 0xff));
        sink(static_cast<char>(bits >> 8 & 0xff));
        sink(static_cast<char>(bits & 0xff));
        bits = 0;
        held = 0;
      }
    }
  }
  if (held != 0) clean = false;
  flush();
  if (pads != 0 && pads != pads_due) clean = false;
  return clean;
}

// One line without its line end; true if it does not end in a soft break. White space at the end is padding (rule 3).
template <class Sink>
bool read_qp_line(std::string_view line, bool& clean, Sink& sink) {
  while (!line.empty() && is_wsp(line.back())) line.remove_suffix(1);
  const bool soft = line.ends_with('=');
  if (soft) line.remove_suffix(1);
  for (;;) {
    const auto escape = line.find('=');
    sink(line.substr(0, escape));
    if (escape == line.npos) return !soft;
    line.remove_prefix(escape + 1);
    if (line.size() >= 2 && hex_digit(line[0]) >= 0 && hex_digit(line[1]) >= 0) {
      const char byte = static_cast<char>(hex_digit(line[0]) * 16 + hex_digit(line[1]));
      sink(std::string_view(&byte, 1));
      line.remove_prefix(2);
    } else {
      clean = false;
      sink("=");
    }
  }
}

// As read_base64(), but sink(string_view): most of such a text stands for itself.
template <class Sink>
bool read_quoted_printable(std::string_view text, Sink sink) {
  bool clean = true;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    auto line = text.substr(0, newline);
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
    const bool crlf = newline != text.npos && line.ends_with('\r');
    if (crlf) line.remove_suffix(1);
    if (read_qp_line(line, clean, sink) && newline != text.npos) sink(crlf ? "\r\n" : "\n");
  }
  return clean;
}

}  // namespace

Decoded decode_base64(std::string_view text) {
  Decoded decoded;
  decoded.bytes.resize(text.size() / 4 * 3 + 3);
  char* const out = decoded.bytes.data();
  std::size_t size = 0;
  decoded.clean = read_base64(text, [&](char c) { out[size++] = c; });
  decoded.bytes.resize(size);
  return decoded;
}

Decoded decode_quoted_printable(std::string_view text) {
  Decoded decoded;
  decoded.bytes.reserve(text.size());
  decoded.clean = read_quoted_printable(text, [&](std::string_view run) { decoded.bytes += run; });
  return decoded;
}

bool is_clean_base64(std::string_view text) {
  return read_base64(text, [](char) {});
}
bool is_clean_quoted_printable(std::string_view text) {
  return read_quoted_printable(text, [](std::string_view) {});
}

std::string encode_quoted_printable(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::size_t longest = 76;  // rfc:2045#6.7 rule 5, with the "=" of the soft break
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  std::size_t column = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    const bool crlf = c == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n';
    if (crlf || c == '\n') {
      out += "\r\n";
      column = 0;
      i += crlf ? 1 : 0;
      continue;
    }
    const std::size_t after = i + 1;
    const bool line_ends = after == bytes.size() || bytes[after] == '\n' ||
                           (bytes[after] == '\r' && after + 1 < bytes.size() && bytes[after + 1] == '\n');
    const bool plain = (c > 0x20 && c < 0x7f && c != '=') || (is_wsp(c) && !line_ends);
    const std::size_t width = plain ? 1 : 3;
    if (column + width > longest - (line_ends ? 0 : 1)) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += c;
    } else {
      out += '=';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
    column += width;
  }
  return out;
}

}  // namespace posthorn::mail
