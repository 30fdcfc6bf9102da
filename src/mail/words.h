// mail/words.h - the words of a text, the same for an index, for a search and for the places that are marked in what was found. Pure.
// A word is a run of letters, digits and their marks. Scripts that are written without spaces (Chinese, Japanese, Thai...) give each pair
// of neighbours, and the last character of a run alone, so that every character begins some word. Signs such as "€" and emoji are words
// of their own. Security: linear in the text; a word is cut at `longest_word` octets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn::mail {

inline constexpr std::size_t longest_word = 64;

// Walks over a text that was folded (mail/fold.h). The words are views of it.
class Words {
 public:
  explicit Words(std::string_view folded) : text_(folded) {}
  std::optional<std::string_view> next();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// What a search looks for: words that stand one after another. `open`: the last one may go on, so that "invoi" finds "invoices".
struct Phrase {
  std::vector<std::string> words;
  bool open = false;
  bool operator==(const Phrase&) const = default;
  // Of a folded text; no words: it looks for nothing.
  static Phrase of(std::string_view folded, bool open);
  bool matches(std::size_t at, std::string_view word) const;
};
inline constexpr std::size_t longest_phrase = 64;  // words; further ones are not looked for

// Where a phrase stands in a folded text, as the words themselves.
class PhraseFinder {
 public:
  explicit PhraseFinder(const Phrase& phrase) : phrase_(phrase) {}
  // Takes the next word of a text; true: the phrase ends with it.
  bool take(std::string_view word);

 private:
  const Phrase& phrase_;
  std::uint64_t begun_ = 0;  // bit i: the last words are the first i + 1 of the phrase
};

bool stands_in(std::string_view folded, const Phrase& phrase);
// Takes those that stand in the text off the list.
void cross_off(std::vector<const Phrase*>& open, std::string_view folded);

}  // namespace posthorn::mail
