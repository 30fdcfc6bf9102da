#include "mail/words.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

namespace posthorn::mail {
namespace {

enum class Sort : std::uint8_t { gap, spaced, unspaced, sign };

struct Character {
  Sort sort = Sort::gap;
  std::size_t end = 0;
};

// Scripts whose words no space parts. Korean parts them, and its endings are found because a word may go on.
bool is_unspaced(UChar32 c) {
  if (c < 0x0e00) return false;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

Sort sort_of(UChar32 c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ? Sort::spaced : Sort::gap;
  const auto mask = U_GET_GC_MASK(c);
  if ((mask & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)) != 0) return is_unspaced(c) ? Sort::unspaced : Sort::spaced;
  // U+FFFD stands for what was no text.
  return (mask & (U_GC_SC_MASK | U_GC_SO_MASK)) != 0 && c != 0xfffd ? Sort::sign : Sort::gap;
}

Character character_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {sort_of(first), at + 1};
  // The few octets of one character; ICU counts in 32 bits.
  const auto piece = text.substr(at, 4);
  std::int32_t used = 0;
  UChar32 c = 0;
  U8_NEXT(piece.data(), used, static_cast<std::int32_t>(piece.size()), c);
  return {c < 0 ? Sort::gap : sort_of(c), at + static_cast<std::size_t>(used)};
}

bool goes_on(std::string_view text, std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; }

std::string_view cut(std::string_view word) {
  if (word.size() <= longest_word) return word;
  auto end = longest_word;
  while (end > 0 && goes_on(word, end)) --end;
  return word.substr(0, end);
}

}  // namespace

std::optional<std::string_view> Words::next() {
  while (at_ < text_.size()) {
    const auto begin = at_;
    const auto first = character_at(text_, at_);
    at_ = first.end;
    if (first.sort == Sort::gap) continue;
    if (first.sort == Sort::sign) return text_.substr(begin, first.end - begin);
    if (first.sort == Sort::unspaced) {
      const auto second = at_ < text_.size() ? character_at(text_, at_) : Character{};
      return text_.substr(begin, (second.sort == Sort::unspaced ? second.end : first.end) - begin);
    }
    while (at_ < text_.size()) {
      const auto more = character_at(text_, at_);
      if (more.sort != Sort::spaced) break;
      at_ = more.end;
    }
    return cut(text_.substr(begin, at_ - begin));
  }
  return std::nullopt;
}

Phrase Phrase::of(std::string_view folded, bool open) {
  Phrase out;
  out.open = open;
  Words words(folded);
  std::string_view before;
  while (const auto word = words.next()) {
    // The last character of a run of pairs ends the one before it: in a text the run may go on.
    const bool tail = before.size() > word->size() && before.data() + before.size() == word->data() + word->size();
    before = *word;
    if (tail) {
      const auto rest = folded.substr(static_cast<std::size_t>(word->data() + word->size() - folded.data()));
      if (!Words(rest).next()) break;
    }
    if (out.words.size() == longest_phrase) break;
    out.words.emplace_back(*word);
  }
  return out;
}

bool Phrase::matches(std::size_t at, std::string_view word) const {
  return open && at + 1 == words.size() ? word.starts_with(words[at]) : word == words[at];
}

bool PhraseFinder::take(std::string_view word) {
  const auto size = std::min(phrase_.words.size(), longest_phrase);
  if (size == 0) return false;
  // What the last words may be the beginning of, and a new beginning; then only what goes on with this one.
  const auto may = begun_ << 1 | 1;
  begun_ = 0;
  for (std::size_t i = 0; i < size; ++i)
    if ((may >> i & 1) != 0 && phrase_.matches(i, word)) begun_ |= std::uint64_t{1} << i;
  return (begun_ >> (size - 1) & 1) != 0;
}

bool stands_in(std::string_view folded, const Phrase& phrase) {
  if (phrase.words.empty()) return true;
  PhraseFinder finder(phrase);
  Words words(folded);
  while (const auto word = words.next())
    if (finder.take(*word)) return true;
  return false;
}

void cross_off(std::vector<const Phrase*>& open, std::string_view folded) {
  std::erase_if(open, [](const Phrase* phrase) { return phrase->words.empty(); });
  if (open.empty()) return;
  std::vector<PhraseFinder> finders;
  std::vector<bool> found(open.size());
  finders.reserve(open.size());
  for (const auto* phrase : open) finders.emplace_back(*phrase);
  Words words(folded);
  for (auto left = open.size(); left > 0;) {
    const auto word = words.next();
    if (!word) break;
    for (std::size_t i = 0; i < finders.size(); ++i) {
      if (found[i] || !finders[i].take(*word)) continue;
      found[i] = true;
      --left;
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < open.size(); ++i)
    if (!found[i]) open[kept++] = open[i];
  open.resize(kept);
}

}  // namespace posthorn::mail
