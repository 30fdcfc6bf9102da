#include "jmap/mail/snippet.h"

#include <algorithm>

#include "base/text.h"
#include "mail/fold.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t searched = 1u << 20, context = 60;

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
  for (std::size_t at = 0; at < text.size();) {
    const auto size = character_size(text, at);
    const auto folded = mail::folded(text.substr(at, size));
    out.text += folded;
    out.from.insert(out.from.end(), folded.size(), static_cast<std::uint32_t>(at));
    at += size;
  }
  return out;
}

using Range = std::pair<std::size_t, std::size_t>;

std::vector<Range> places(const Folded& folded, std::size_t size, const std::vector<std::string>& words) {
  std::vector<Range> out;
  for (const auto& word : words) {
    if (word.empty()) continue;
    for (auto at = folded.text.find(word); at != folded.text.npos && out.size() < 1000; at = folded.text.find(word, at + word.size())) {
      const auto end = at + word.size();
      out.emplace_back(folded.from[at], end < folded.from.size() ? folded.from[end] : size);
    }
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

std::optional<std::string> snippet(std::string_view text, const std::vector<std::string>& words, std::size_t most) {
  text = text.substr(0, searched);
  const auto found = places(fold_with_places(text), text.size(), words);
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
