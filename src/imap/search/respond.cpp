// imap/search/respond.cpp - see respond.h.
#include "imap/search/respond.h"

#include "imap/grammar/quote.h"

namespace posthorn::imap {

void append_search(std::string& out, std::span<const std::uint32_t> numbers, std::optional<ModSeq> highest) {
  out += "* SEARCH";
  for (const auto n : numbers) out.append(" ").append(std::to_string(n));
  // rfc:7162#3.1.5: not if nothing was found.
  if (highest && !numbers.empty()) out.append(" (MODSEQ ").append(std::to_string(number(*highest))).append(")");
  out += "\r\n";
}

void append_esearch(std::string& out, std::string_view tag, SearchBy by, const SearchReturn& wants,
                    std::span<const std::uint32_t> numbers, std::optional<ModSeq> highest) {
  out += "* ESEARCH (TAG ";
  append_string(out, tag);
  out += by == SearchBy::uid ? ") UID" : ")";
  const auto add = [&](std::string_view name, const std::string& value) {
    out.append(" ").append(name).append(" ").append(value);
  };
  // rfc:9051#6.4.4: MIN, MAX and ALL are left out if nothing was found; COUNT is 0 then.
  if (!numbers.empty()) {
    if (wants.min) add("MIN", std::to_string(numbers.front()));
    if (wants.max) add("MAX", std::to_string(numbers.back()));
    if (wants.all || !wants.extended) add("ALL", format_set(numbers));
  }
  if (wants.count) add("COUNT", std::to_string(numbers.size()));
  if (highest && !numbers.empty()) add("MODSEQ", std::to_string(number(*highest)));
  out += "\r\n";
}

std::vector<std::uint32_t> saved_of(const SearchReturn& wants, std::span<const std::uint32_t> numbers) {
  const bool everything = wants.all || wants.count || (!wants.min && !wants.max);
  if (everything || numbers.empty()) return {numbers.begin(), numbers.end()};
  std::vector<std::uint32_t> saved;
  if (wants.min) saved.push_back(numbers.front());
  if (wants.max && (saved.empty() || numbers.back() != numbers.front())) saved.push_back(numbers.back());
  return saved;
}

}  // namespace posthorn::imap
