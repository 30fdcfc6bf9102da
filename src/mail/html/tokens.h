// mail/html/tokens.h - HTML as a flat run of tokens, near enough to WHATWG's tokenizer (13.2.5) that nothing hides: what is unclear becomes
// text, which is escaped. Entities are undone. Pure; inside mail only.
// Security: linear; an unclosed tag, comment or raw text ends the input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthorn::mail::html {

struct Token {
  enum class Kind : unsigned char { text, open, close } kind = Kind::text;
  std::string name;  // of a tag, in lower case
  std::string text;
  std::vector<std::pair<std::string, std::string>> attributes;  // names in lower case; the first of a name counts
};

class Tokens {
 public:
  explicit Tokens(std::string_view html) : rest_(html) {}
  std::optional<Token> next();
  // Leaves out all up to the end tag of a raw text element.
  void skip_raw(std::string_view name);

 private:
  std::optional<Token> tag();
  void attributes(Token& token, bool& ended);
  void skip_markup();
  Token text();

  std::string_view rest_;
};

// Entities undone; controls but tab and line ends left out.
std::string decode(std::string_view text);

}  // namespace posthorn::mail::html
