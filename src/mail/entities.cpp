#include "mail/entities.h"

#include <algorithm>
#include <array>

namespace posthorn::mail {
namespace {

constexpr std::size_t longest_entity = 32;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The entities of ordinary mail, and those that payloads hide behind.
constexpr auto named = std::to_array<std::pair<std::string_view, std::uint32_t>>(
    {{"amp", '&'},       {"lt", '<'},         {"gt", '>'},        {"quot", '"'},      {"apos", '\''},     {"nbsp", 0xa0},     {"copy", 0xa9},      {"reg", 0xae},      {"trade", 0x2122},
     {"hellip", 0x2026}, {"mdash", 0x2014},   {"ndash", 0x2013},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"ldquo", 0x201c},  {"rdquo", 0x201d},   {"sbquo", 0x201a},  {"bdquo", 0x201e},
     {"laquo", 0xab},    {"raquo", 0xbb},     {"bull", 0x2022},   {"middot", 0xb7},   {"euro", 0x20ac},   {"pound", 0xa3},    {"yen", 0xa5},       {"cent", 0xa2},     {"sect", 0xa7},
     {"para", 0xb6},     {"deg", 0xb0},       {"plusmn", 0xb1},   {"times", 0xd7},    {"divide", 0xf7},   {"frac12", 0xbd},   {"frac14", 0xbc},    {"sup2", 0xb2},     {"sup3", 0xb3},
     {"auml", 0xe4},     {"ouml", 0xf6},      {"uuml", 0xfc},     {"Auml", 0xc4},     {"Ouml", 0xd6},     {"Uuml", 0xdc},     {"szlig", 0xdf},     {"eacute", 0xe9},   {"egrave", 0xe8},
     {"ecirc", 0xea},    {"agrave", 0xe0},    {"aacute", 0xe1},   {"acirc", 0xe2},    {"aring", 0xe5},    {"aelig", 0xe6},    {"ccedil", 0xe7},    {"iacute", 0xed},   {"ntilde", 0xf1},
     {"oacute", 0xf3},   {"ograve", 0xf2},    {"oslash", 0xf8},   {"uacute", 0xfa},   {"Eacute", 0xc9},   {"Aring", 0xc5},    {"Oslash", 0xd8},    {"iexcl", 0xa1},    {"iquest", 0xbf},
     {"zwnj", 0x200c},   {"zwj", 0x200d},     {"shy", 0xad},      {"rarr", 0x2192},   {"larr", 0x2190},   {"check", 0x2713},  {"colon", ':'},      {"lpar", '('},      {"rpar", ')'},
     {"Tab", '\t'},      {"NewLine", '\n'},   {"sol", '/'},       {"bsol", '\\'},     {"semi", ';'},      {"comma", ','},     {"period", '.'},     {"num", '#'},       {"equals", '='},
     {"ensp", 0x2002},   {"emsp", 0x2003},    {"thinsp", 0x2009}, {"lrm", 0x200e},    {"rlm", 0x200f}});

int digit(char c, int base) {
  if (c >= '0' && c <= '9') return c - '0';
  if (base == 16 && c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (base == 16 && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::uint32_t> take_entity(std::string_view& text) {
  std::size_t at = 1;
  if (at < text.size() && text[at] == '#') {
    ++at;
    const int base = at < text.size() && (text[at] == 'x' || text[at] == 'X') ? 16 : 10;
    if (base == 16) ++at;
    std::uint32_t code = 0;
    const auto first = at;
    for (; at < text.size() && digit(text[at], base) >= 0; ++at)
      if (code <= 0x10ffff) code = code * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit(text[at], base));
    if (at == first) return std::nullopt;
    if (at < text.size() && text[at] == ';') ++at;
    text.remove_prefix(at);
    return code;
  }
  while (at < text.size() && at <= longest_entity && (is_letter(text[at]) || digit(text[at], 10) >= 0)) ++at;
  const auto name = text.substr(1, at - 1);
  const auto found = std::ranges::find(named, name, [](const auto& one) { return one.first; });
  if (found == named.end()) return std::nullopt;
  if (at < text.size() && text[at] == ';') ++at;
  text.remove_prefix(at);
  return found->second;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  const auto byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

}  // namespace posthorn::mail
