// mail/lexer.h - the lexical tokens of RFC 5322 3.2 and RFC 2045 5.1 that addresses, dates and parameters share.
// Internal to src/mail and src/trust. Pure. Security: iterative (comments nest by a counter), each call reads every byte at most once.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/cursor.h"

namespace posthorn::mail {

constexpr bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}
// White space and the line ends of folds.
constexpr bool is_fws(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
namespace tables {
// A set of bytes as a table: one look per byte in every inner loop.
using ByteSet = std::array<bool, 256>;
constexpr ByteSet atext_set() {
  ByteSet set{};
  for (int c = 0; c < 256; ++c)
    set[static_cast<std::size_t>(c)] = is_alpha(static_cast<char>(c)) || is_digit(static_cast<char>(c)) || c >= 0x80;
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr ByteSet token_set() {
  ByteSet set{};
  for (int c = 0x21; c < 256; ++c) set[static_cast<std::size_t>(c)] = c != 0x7f;
  for (const char c : std::string_view("()<>@,;:\\\"/[]?=")) set[static_cast<unsigned char>(c)] = false;
  return set;
}
inline constexpr ByteSet atext = atext_set();
inline constexpr ByteSet token = token_set();
}  // namespace tables

// atext of rfc:5322#3.2.3 with the UTF-8 of rfc:6532#3.2.
constexpr bool is_atext(char c) {
  return tables::atext[static_cast<unsigned char>(c)];
}
// Characters of a token (rfc:2045#5.1); bytes over 127 are let through, as people send them.
constexpr bool is_token(char c) {
  return tables::token[static_cast<unsigned char>(c)];
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char low = Cursor::lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// Moves over white space, folds and comments (CFWS, rfc:5322#3.2.2). An unclosed comment runs to the end.
void skip_cfws(Cursor& at);
// At "(": the comment's text without its outer brackets, backslashes undone; the cursor stands behind it.
std::string take_comment(Cursor& at);

struct Quoted {
  std::string text;    // without quotes, backslashes and folds
  bool closed = true;  // false: the input ended before the closing quote
};
// At the opening quote; the cursor stands behind the closing one.
Quoted take_quoted(Cursor& at);

}  // namespace posthorn::mail
