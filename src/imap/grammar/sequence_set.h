// imap/grammar/sequence_set.h - "2,4:7,9,12:*" and "$": sets of message numbers or UIDs (RFC 9051 section 9). Pure.
// Called by FETCH, STORE, COPY, MOVE, EXPUNGE, SEARCH and QRESYNC.
// Security: a set never costs more than its ranges and the messages that exist; "1:4294967295" is one range.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cursor.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {

// Disjoint ranges in ascending order, '*' already replaced: made by SequenceSet::resolved().
struct NumberSet {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  // first and last, both in the set

  bool empty() const { return ranges.empty(); }
  bool contains(std::uint32_t number) const;
  void add(std::uint32_t first, std::uint32_t last);  // anywhere; normalise() before use
  void normalise();                                   // sorts and joins
  bool operator==(const NumberSet&) const = default;

  // Calls `call(index)` for each element of `sorted` whose key() is in the set, in order. Binary search for each range.
  template <class T, class Key, class Call>
  void for_each(std::span<const T> sorted, Key key, Call call) const {
    auto at = sorted.begin();
    for (const auto& [first, last] : ranges) {
      at = std::lower_bound(at, sorted.end(), first, [&](const T& item, std::uint32_t n) { return key(item) < n; });
      for (; at != sorted.end() && key(*at) <= last; ++at) call(static_cast<std::size_t>(at - sorted.begin()));
      if (at == sorted.end()) return;
    }
  }
};

// A set as the client wrote it; '*' is 0.
struct SequenceSet {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  bool saved = false;  // "$": the result of the last SEARCH RETURN (SAVE); then there are no ranges

  // rfc:9051#9 seq-range: "*" is the largest number in use, and n:m is m:n. With largest == 0 (an empty mailbox) '*' means
  // nothing.
  NumberSet resolved(std::uint32_t largest) const;
  bool contains(std::uint32_t number, std::uint32_t largest) const;
  // The largest number written, 0 if only '*': a message number above EXISTS makes the command BAD.
  std::uint32_t largest_written() const;
  bool operator==(const SequenceSet&) const = default;
};

enum class Saved : std::uint8_t { refused, allowed };  // "$" (rfc:5182)

std::optional<SequenceSet> take_sequence_set(Cursor& in, Saved saved = Saved::allowed, const GrammarLimits& limits = {});

// "1:3,7" of numbers; runs of n, n+1, n+2 become ranges, the order stays (COPYUID's two sets must match by position).
std::string format_set(std::span<const std::uint32_t> numbers);
std::string format_set(const NumberSet& set);

}  // namespace posthorn::imap
