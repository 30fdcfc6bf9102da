#include "mail/html/tokens.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/entities.h"

namespace posthorn::mail::html {
namespace {

constexpr std::size_t most_attributes = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

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
