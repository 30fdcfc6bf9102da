// mail/html_text.cpp - HTML to plain text for previews and search: tags out, blocks to line ends, entities undone.
// A tokenizer without a tree: nothing nests, so no depth can hurt (attacks.md D10). The result is text, never markup to be shown.
// Security: linear; every search for an end that fails ends the work.
#include <algorithm>
#include <array>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
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

constexpr auto entities = std::to_array<std::pair<std::string_view, std::uint32_t>>(
    {{"amp", '&'},      {"lt", '<'},       {"gt", '>'},        {"quot", '"'},     {"apos", '\''},    {"nbsp", ' '},
     {"copy", 0xa9},    {"reg", 0xae},     {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018},
     {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d},  {"laquo", 0xab},   {"raquo", 0xbb},   {"bull", 0x2022},
     {"middot", 0xb7},  {"euro", 0x20ac},  {"pound", 0xa3},    {"auml", 0xe4},    {"ouml", 0xf6},    {"uuml", 0xfc},
     {"Auml", 0xc4},    {"Ouml", 0xd6},    {"Uuml", 0xdc},     {"szlig", 0xdf},   {"eacute", 0xe9},  {"egrave", 0xe8},
     {"agrave", 0xe0},  {"ccedil", 0xe7},  {"zwnj", 0x200c},   {"trade", 0x2122}, {"shy", 0xad}});

constexpr auto blocks = std::to_array<std::string_view>(
    {"p",  "br", "div", "tr",         "li",  "ul",      "ol",      "table",  "h1",     "h2",   "h3", "h4",
     "h5", "h6", "hr",  "blockquote", "pre", "section", "article", "header", "footer", "body", "dt", "dd"});
// What stands inside them is not read by people.
constexpr auto hidden =
    std::to_array<std::string_view>({"script", "style", "title", "template", "noscript", "svg", "math", "select", "textarea"});

class Reader {
 public:
  Reader(std::string_view html, std::size_t limit) : at_(html), limit_(limit) {}

  std::string run() {
    // One character more than the limit, so that cut() sees whether the last one is whole.
    while (!at_.done() && out_.size() <= limit_) {
      if (at_.peek() == '<')
        take_markup();
      else
        take_text();
    }
    while (!out_.empty() && is_fws(out_.back())) out_.pop_back();
    if (out_.size() > limit_) cut();
    return std::move(out_);
  }

 private:
  void take_text() {
    const char c = *at_.next();
    if (c == '&') return take_entity();
    if (is_fws(c) || c == '\f') return space();
    out_ += is_control(c) ? ' ' : c;
  }

  void space() {
    if (!out_.empty() && !is_fws(out_.back())) out_ += ' ';
  }
  void new_line() {
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    if (!out_.empty() && out_.back() != '\n') out_ += '\n';
  }

  void take_entity() {
    Cursor look = at_;
    std::uint32_t code = 0;
    bool found = false;
    if (look.take('#')) {
      const bool hexadecimal = look.take('x') || look.take('X');
      const auto digits = look.take_while([&](char c) { return hexadecimal ? hex_digit(c) >= 0 : is_digit(c); });
      for (const char c : digits.substr(0, 8)) code = code * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(hex_digit(c));
      found = !digits.empty();
      if (code < 0x20 || (code >= 0x7f && code < 0xa0)) code = ' ';
    } else {
      const auto name = look.rest().substr(0, std::min<std::size_t>(10, look.left()));
      std::size_t size = 0;
      while (size < name.size() && (is_alpha(name[size]) || is_digit(name[size]))) ++size;
      for (const auto& [word, value] : entities)
        if (word == name.substr(0, size)) {
          code = value;
          found = true;
        }
      if (found) look.take(size);
    }
    if (!found) {
      out_ += '&';
      return;
    }
    look.take(';');
    at_ = look;
    if (code == ' ' || code == 0xa0)
      space();
    else
      append_utf8(out_, code);
  }

  void take_markup() {
    if (at_.take("<!--")) return skip_behind("-->");
    at_.take('<');
    const bool closing = at_.take('/');
    const auto name = to_lower(at_.rest().substr(0, name_size()));
    if (name.empty()) {
      // "<!doctype", "<?xml" and "</>" are markup; a lone "<" is text, as "1 < 2".
      if (closing || at_.peek() == '!' || at_.peek() == '?')
        skip_behind(">");
      else
        out_ += '<';
      return;
    }
    at_.take(name.size());
    skip_attributes();
    if (std::ranges::find(blocks, name) != blocks.end())
      new_line();
    else if (name == "td" || name == "th")
      space();
    if (!closing && std::ranges::find(hidden, name) != hidden.end()) skip_hidden(name);
  }

  std::size_t name_size() const {
    constexpr std::size_t longest = 16;
    std::size_t size = 0;
    while (size < longest && at_.peek(size) && (is_alpha(*at_.peek(size)) || (size > 0 && is_digit(*at_.peek(size))))) ++size;
    return size;
  }

  // To behind the ">" that no quotes hold.
  void skip_attributes() {
    char quote = 0;
    bool after_equals = false;
    while (const auto c = at_.next()) {
      if (quote != 0) {
        if (*c == quote) quote = 0;
      } else if (*c == '>') {
        return;
      } else if ((*c == '"' || *c == '\'') && after_equals) {
        quote = *c;
      }
      if (!is_fws(*c)) after_equals = *c == '=';
    }
  }

  void skip_behind(std::string_view end) {
    const auto found = at_.rest().find(end);
    at_.seek(found == std::string_view::npos ? at_.position() + at_.left() : at_.position() + found + end.size());
  }

  // To the end tag of a hidden element; every "</" is looked at once.
  void skip_hidden(std::string_view name) {
    while (!at_.done()) {
      skip_behind("</");
      if (!at_.take_icase(name)) continue;
      skip_attributes();
      return;
    }
  }

  // The text to `limit_` bytes without half a character.
  void cut() {
    std::size_t size = limit_;
    while (size > 0 && (static_cast<unsigned char>(out_[size]) & 0xc0) == 0x80) --size;
    out_.resize(size);
  }

  Cursor at_;
  std::size_t limit_;
  std::string out_;
};

}  // namespace

std::string html_to_text(std::string_view html, std::size_t limit) {
  return Reader(html, limit).run();
}

}  // namespace posthorn::mail
