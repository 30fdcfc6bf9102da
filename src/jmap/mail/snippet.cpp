#include "jmap/mail/snippet.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/fold.h"
#include "mail/search_text.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t searched = mail::searched_text, context = 60;

std::size_t character_size(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  return end - at;
}

// The text folded character by character, and for each folded octet where its character begins. A word that only folding of several
// characters together would find is found by the query and not marked here.
struct Folded {
  std::string text;
  std::vector<std::uint32_t> from;
};
Folded fold_with_places(std::string_view text) {
  Folded out;
  out.text.reserve(text.size());
  out.from.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto octet = static_cast<unsigned char>(text[at]);
    const auto size = character_size(text, at);
    if (octet < 0x80 && size == 1) {
      out.text += octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet | 0x20) : text[at];
      out.from.push_back(static_cast<std::uint32_t>(at++));
      continue;
    }
    const auto folded = mail::folded(text.substr(at, size));
    out.text += folded;
    out.from.insert(out.from.end(), folded.size(), static_cast<std::uint32_t>(at));
    at += size;
  }
  return out;
}

using Range = std::pair<std::size_t, std::size_t>;

// Where the last words of a text began: as many as a phrase may have.
class Begins {
 public:
  void add(std::size_t at) { at_[count_++ % mail::longest_phrase] = at; }
  std::size_t back(std::size_t words) const { return at_[(count_ - words) % mail::longest_phrase]; }

 private:
  std::array<std::size_t, mail::longest_phrase> at_{};
  std::size_t count_ = 0;
};

std::vector<Range> places(const Folded& folded, std::size_t size, const std::vector<mail::Phrase>& phrases) {
  constexpr std::size_t most_places = 1000;
  std::vector<Range> out;
  std::vector<mail::PhraseFinder> finders(phrases.begin(), phrases.end());
  const auto original = [&](std::size_t at) { return at < folded.from.size() ? std::size_t{folded.from[at]} : size; };
  mail::Words words(folded.text);
  Begins begins;
  while (const auto word = words.next()) {
    const auto begin = static_cast<std::size_t>(word->data() - folded.text.data());
    begins.add(begin);
    for (std::size_t i = 0; i < finders.size(); ++i) {
      if (!finders[i].take(*word)) continue;
      // Of a word that goes on only what was looked for.
      const auto& last = phrases[i].words.back();
      out.emplace_back(original(begins.back(phrases[i].words.size())), original(begin + std::min(last.size(), word->size())));
    }
    if (out.size() >= most_places) break;
  }
  std::ranges::sort(out);
  std::vector<Range> merged;
  for (const auto& one : out) {
    if (!merged.empty() && one.first <= merged.back().second) merged.back().second = std::max(merged.back().second, one.second);
    else if (one.first < one.second) merged.push_back(one);
  }
  return merged;
}

std::string escaped(std::string_view character) {
  if (character == "&") return "&amp;";
  if (character == "<") return "&lt;";
  if (character == ">") return "&gt;";
  if (character == "\n" || character == "\r" || character == "\t") return " ";
  return std::string(character);
}

}  // namespace

std::optional<std::string> snippet(std::string_view text, const std::vector<mail::Phrase>& phrases, std::size_t most) {
  text = text.substr(0, searched);
  const auto found = places(fold_with_places(text), text.size(), phrases);
  if (found.empty()) return std::nullopt;
  std::size_t at = 0;
  std::string out;
  if (most > 0 && found.front().first > context) {
    // As much before the place as still leaves room for it, entities counted.
    at = found.front().first;
    for (std::size_t used = 0; at > 0;) {
      auto before = at - 1;
      while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xc0) == 0x80) --before;
      used += escaped(text.substr(before, at - before)).size();
      if (used > context) break;
      at = before;
    }
    out = "...";
  }
  constexpr std::string_view open = "<mark>", close = "</mark>";
  std::size_t next = 0;
  bool in = false;
  while (at < text.size()) {
    while (next < found.size() && found[next].second <= at) ++next;
    const bool marked = next < found.size() && found[next].first <= at;
    const auto size = character_size(text, at);
    std::string piece;
    if (in && !marked) piece += close;
    if (!in && marked) piece += open;
    piece += escaped(text.substr(at, size));
    // What is opened must still be closed.
    if (most > 0 && out.size() + piece.size() + (marked ? close.size() : 0) > most) break;
    out += piece;
    in = marked;
    at += size;
  }
  if (in) out += close;
  return out;
}

}  // namespace posthorn::jmap
