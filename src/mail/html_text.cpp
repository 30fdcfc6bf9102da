// mail/html_text.cpp - HTML to plain text for previews and search: tags out, blocks to line ends, entities undone.
// A tokenizer without a tree: nothing nests, so no depth can hurt (attacks.md D10). The result is text, never markup to be shown.
// Security: linear; every search for an end that fails ends the work.
#include <algorithm>
#include <array>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/entities.h"
#include "mail/lexer.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

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
    if (at_.peek() == '&') return take_entity();
    const char c = *at_.next();
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
    auto rest = at_.rest();
    const auto code = mail::take_entity(rest);
    if (!code) {
      at_.take('&');
      out_ += '&';
      return;
    }
    at_.take(at_.left() - rest.size());
    if (*code <= ' ' || (*code >= 0x7f && *code <= 0xa0)) space();  // controls, and the space that does not break
    else append_utf8(out_, *code);
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
