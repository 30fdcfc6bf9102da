// mail/address_list.cpp - the addresses of a header field (RFC 5322 3.4 with 4.4), as people and broken programs write them.
// One pass over the characters cuts an element into tokens; its end decides what they mean. Never fails: what is not an
// addr-spec is kept with valid = false, and DMARC, IMAP and webmail all judge by that one flag (attacks.md C1).
// Security: linear; no more than `max_tokens` are kept of one element, comments and groups do not nest here.
#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/lexer.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t max_tokens = 2'048;

struct Token {
  enum class Kind : std::uint8_t { atom, quoted, dot, at, literal, junk } kind = Kind::atom;
  std::string text;
  bool spaced = false;  // white space or a comment stands before it
};
using Kind = Token::Kind;
using Tokens = std::vector<Token>;

// The words as one text, with one space where any stood.
std::string joined(const Tokens& tokens, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i) {
    if (i > from && tokens[i].spaced) out += ' ';
    out += tokens[i].text;
  }
  return out;
}

// word *("." word) of rfc:5322#4.4 (obs-local-part); for a domain the words are atoms.
bool is_dotted(const Tokens& tokens, std::size_t from, std::size_t to, bool quotes) {
  bool word = false;
  for (std::size_t i = from; i < to; ++i) {
    const auto kind = tokens[i].kind;
    if (kind == Kind::dot) {
      if (!word) return false;
      word = false;
    } else if (!word && (kind == Kind::atom || (quotes && kind == Kind::quoted))) {
      word = true;
    } else {
      return false;
    }
  }
  return word;
}

std::string concatenated(const Tokens& tokens, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to; ++i) out += tokens[i].text;
  return out;
}

// Tokens to local part and domain: at the last "@", as that is where every reader agrees the domain begins.
void read_addr_spec(const Tokens& tokens, HeaderAddress& address) {
  std::size_t at = tokens.size();
  while (at > 0 && tokens[at - 1].kind != Kind::at) --at;
  if (at == 0) {
    address.local = joined(tokens, 0, tokens.size());
    address.valid = false;
    return;
  }
  const bool literal = tokens.size() == at + 1 && tokens[at].kind == Kind::literal;
  address.valid = is_dotted(tokens, 0, at - 1, true) && (literal || is_dotted(tokens, at, tokens.size(), false));
  address.local = address.valid ? concatenated(tokens, 0, at - 1) : joined(tokens, 0, at - 1);
  address.domain = address.valid ? concatenated(tokens, at, tokens.size()) : joined(tokens, at, tokens.size());
}

class ListParser {
 public:
  ListParser(std::string_view value, std::size_t limit) : at_(value), limit_(limit) {}

  std::vector<HeaderAddress> run() {
    while (!at_.done() && list_.size() < limit_) take_element_part();
    end_element();
    if (in_group_) end_group();
    return std::move(list_);
  }

 private:
  void take_element_part() {
    const char c = *at_.peek();
    switch (c) {
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        at_.next();
        spaced_ = true;
        return;
      case '(':
        comment_ = take_comment(at_);
        spaced_ = true;
        return;
      case ',': at_.next(); return end_element();
      case ';':
        at_.next();
        end_element();
        if (in_group_) end_group();
        return;
      case ':': at_.next(); return begin_group();
      case '<': at_.next(); return take_angle();
      default: return push(take_token());
    }
  }

  void push(Token token) {
    token.spaced = spaced_;
    spaced_ = false;
    if (has_angle_ || tokens_.size() >= max_tokens) {
      junk_ = true;  // attacks.md 2C a19: something behind <...>
    } else {
      tokens_.push_back(std::move(token));
    }
  }

  // At any character but white space and "(,;:<".
  Token take_token() {
    const char c = *at_.peek();
    if (c == '"') {
      auto quoted = take_quoted(at_);
      return {quoted.closed ? Kind::quoted : Kind::junk, std::move(quoted.text)};
    }
    if (c == '[') {
      std::string text(at_.take_while([](char d) { return d != ']' && d != ',' && d != '<' && d != '>'; }));
      const bool closed = at_.take(']');
      return {closed ? Kind::literal : Kind::junk, text + (closed ? "]" : "")};
    }
    if (const auto word = take_encoded_word(); !word.empty()) return {Kind::atom, std::string(word)};
    if (is_atext(c)) return {Kind::atom, std::string(at_.take_while(is_atext))};
    at_.next();
    return {c == '.' ? Kind::dot : c == '@' ? Kind::at : Kind::junk, std::string(1, c)};
  }

  // Encoded words of broken senders hold commas, brackets and dots: they do not end it. "@", "<", ">" and quotes do,
  // so that no address of another reader hides in a word of ours.
  std::string_view take_encoded_word() {
    constexpr std::size_t longest = 1'000;
    if (!at_.rest().starts_with("=?")) return {};
    Cursor look = at_;
    look.take(std::size_t{2});
    int marks = 0;
    while (const auto c = look.next()) {
      if (is_fws(*c) || is_control(*c) || std::string_view("@<>\":;\\").find(*c) != std::string_view::npos) return {};
      if (look.position() - at_.position() > longest) return {};
      if (*c != '?') continue;
      if (++marks < 3) continue;
      if (!look.take('=')) return {};
      const auto word = at_.take(look.position() - at_.position());
      return word ? *word : std::string_view();
    }
    return {};
  }

  // Behind "<": addr-spec, perhaps with the route of rfc:5322#4.4, up to ">".
  void take_angle() {
    if (has_angle_) junk_ = true;
    Tokens inside;
    bool closed = false;
    spaced_ = false;
    while (!at_.done() && !closed) {
      const char c = *at_.peek();
      if (c == '>') {
        at_.next();
        closed = true;
      } else if (is_fws(c) || c == '(') {
        skip_cfws(at_);
        spaced_ = true;
      } else if (c == ':' && !inside.empty() && inside.front().kind == Kind::at) {
        at_.next();
        inside.clear();  // the route
      } else if (c == ',' && !inside.empty() && inside.front().kind == Kind::at) {
        at_.next();
      } else if (c == ',' || c == '<' || c == ';') {
        break;  // a forgotten ">"
      } else {
        Token token = c == ':' ? Token{Kind::junk, std::string(1, *at_.next())} : take_token();
        token.spaced = spaced_;
        spaced_ = false;
        if (inside.size() < max_tokens)
          inside.push_back(std::move(token));
        else
          junk_ = true;
      }
    }
    if (!closed) junk_ = true;
    if (!has_angle_) angle_ = std::move(inside);
    has_angle_ = true;
  }

  void begin_group() {
    // A second colon inside a group, or one behind an address, is no group.
    if (in_group_ || has_angle_ || tokens_.empty()) {
      junk_ = true;
      if (!tokens_.empty() && tokens_.size() < max_tokens) tokens_.push_back({Kind::junk, ":", spaced_});
      return;
    }
    HeaderAddress group;
    group.kind = HeaderAddress::Kind::group_start;
    group.name = joined(tokens_, 0, tokens_.size());
    list_.push_back(std::move(group));
    in_group_ = true;
    reset();
  }

  void end_group() {
    HeaderAddress end;
    end.kind = HeaderAddress::Kind::group_end;
    if (list_.size() < limit_ + 1) list_.push_back(std::move(end));
    in_group_ = false;
  }

  void end_element() {
    if ((!tokens_.empty() || has_angle_ || junk_) && list_.size() < limit_) {
      HeaderAddress address;
      if (has_angle_) {
        read_addr_spec(angle_, address);
        address.name = joined(tokens_, 0, tokens_.size());
      } else {
        read_addr_spec(tokens_, address);
      }
      if (address.name.empty()) address.name = std::string(trim(comment_));
      if (junk_) address.valid = false;
      // "<>" says nobody, and is no address.
      if (!(has_angle_ && angle_.empty() && address.name.empty() && !junk_)) list_.push_back(std::move(address));
    }
    reset();
  }

  void reset() {
    tokens_.clear();
    angle_.clear();
    comment_.clear();
    has_angle_ = junk_ = spaced_ = false;
  }

  Cursor at_;
  std::size_t limit_;
  std::vector<HeaderAddress> list_;
  Tokens tokens_;
  Tokens angle_;
  std::string comment_;
  bool has_angle_ = false;
  bool junk_ = false;
  bool spaced_ = false;
  bool in_group_ = false;
};

}  // namespace

std::vector<HeaderAddress> parse_address_list(std::string_view value, std::size_t limit) {
  return ListParser(value, limit).run();
}

}  // namespace posthorn::mail
