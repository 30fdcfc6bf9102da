#include "mail/html/tokens.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t most_attributes = 64, longest_entity = 32;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

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

int digit(char c, int base) {
  if (c >= '0' && c <= '9') return c - '0';
  if (base == 16 && c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (base == 16 && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes "&...;" from the front of `text`; the code point, or nothing if it is none.
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

bool is_shown(std::uint32_t code) { return code == '\t' || code == '\n' || (code >= 0x20 && code != 0x7f && (code < 0x80 || code >= 0xa0)); }

}  // namespace

std::string decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text.front() == '&') {
      if (const auto code = take_entity(text)) {
        if (is_shown(*code)) append_utf8(out, *code);
        continue;
      }
    }
    if (is_shown(static_cast<unsigned char>(text.front())) || static_cast<unsigned char>(text.front()) >= 0x80) out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

Token Tokens::text() {
  // A '<' that begins no tag is text.
  const auto end = std::min(rest_.find('<', 1), rest_.size());
  Token out;
  out.text = decode(rest_.substr(0, end));
  rest_.remove_prefix(end);
  return out;
}

// Comments, declarations, processing instructions (13.2.5.41-56); they are never text.
void Tokens::skip_markup() {
  if (rest_.starts_with("<!--")) {
    if (rest_.starts_with("<!-->")) return rest_.remove_prefix(5);
    if (rest_.starts_with("<!--->")) return rest_.remove_prefix(6);
    const auto plain = rest_.find("-->", 4), odd = rest_.find("--!>", 4);
    const auto end = std::min(plain == std::string_view::npos ? plain : plain + 3, odd == std::string_view::npos ? odd : odd + 4);
    return rest_.remove_prefix(std::min(end, rest_.size()));
  }
  const auto end = rest_.find('>');
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
}

void Tokens::attributes(Token& token, bool& ended) {
  std::size_t at = 0;
  const auto here = [&](std::size_t i) { return i < rest_.size() ? rest_[i] : '\0'; };
  while (at < rest_.size()) {
    while (at < rest_.size() && (is_space(rest_[at]) || rest_[at] == '/')) ++at;
    if (here(at) == '>' && at < rest_.size()) {
      ended = true;
      break;
    }
    // 13.2.5.32: a name may begin with '='.
    const auto name_at = at;
    while (at < rest_.size() && (at == name_at || rest_[at] != '=') && !is_space(rest_[at]) && rest_[at] != '/' && rest_[at] != '>') ++at;
    const auto name = rest_.substr(name_at, at - name_at);
    while (at < rest_.size() && is_space(rest_[at])) ++at;
    std::string_view value;
    if (at < rest_.size() && rest_[at] == '=') {
      ++at;
      while (at < rest_.size() && is_space(rest_[at])) ++at;
      if (at < rest_.size() && (rest_[at] == '"' || rest_[at] == '\'')) {
        const auto end = rest_.find(rest_[at], at + 1);
        if (end == std::string_view::npos) break;  // the end of the input within a value: no tag
        value = rest_.substr(at + 1, end - at - 1);
        at = end + 1;
      } else {
        const auto value_at = at;
        while (at < rest_.size() && !is_space(rest_[at]) && rest_[at] != '>') ++at;
        value = rest_.substr(value_at, at - value_at);
      }
    }
    if (token.attributes.size() < most_attributes && !name.empty()) token.attributes.emplace_back(to_lower(name), decode(value));
  }
  rest_.remove_prefix(ended ? at + 1 : rest_.size());
}

std::optional<Token> Tokens::tag() {
  Token out;
  out.kind = rest_[1] == '/' ? Token::Kind::close : Token::Kind::open;
  rest_.remove_prefix(out.kind == Token::Kind::close ? 2 : 1);
  std::size_t at = 0;
  while (at < rest_.size() && !is_space(rest_[at]) && rest_[at] != '/' && rest_[at] != '>') ++at;
  out.name = to_lower(rest_.substr(0, at));
  rest_.remove_prefix(at);
  bool ended = false;
  attributes(out, ended);
  if (!ended) return std::nullopt;
  return out;
}

std::optional<Token> Tokens::next() {
  while (!rest_.empty()) {
    if (rest_.front() != '<') return text();
    const char second = rest_.size() > 1 ? rest_[1] : '\0';
    if (is_letter(second) || (second == '/' && rest_.size() > 2 && is_letter(rest_[2]))) return tag();
    if (second != '!' && second != '?' && second != '/') return text();
    skip_markup();
  }
  return std::nullopt;
}

void Tokens::skip_raw(std::string_view name) {
  while (!rest_.empty()) {
    const auto end = rest_.find("</");
    if (end == std::string_view::npos) return rest_.remove_prefix(rest_.size());
    rest_.remove_prefix(end);
    if (equal_icase(rest_.substr(2, name.size()), name)) {
      const char after = rest_.size() > 2 + name.size() ? rest_[2 + name.size()] : '\0';
      if (is_space(after) || after == '/' || after == '>') return;
    }
    rest_.remove_prefix(2);
  }
}

}  // namespace posthorn::mail::html
