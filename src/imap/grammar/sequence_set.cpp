// imap/grammar/sequence_set.cpp - see sequence_set.h.
#include "imap/grammar/sequence_set.h"

namespace posthorn::imap {

namespace {

// nz-number or '*' (as 0).
std::optional<std::uint32_t> take_seq_number(Cursor& in) {
  if (in.take('*')) return 0;
  return take_nz_number(in);
}

void append_range(std::string& out, std::uint32_t first, std::uint32_t last) {
  if (!out.empty()) out += ',';
  out += std::to_string(first);
  if (last != first) out.append(":").append(std::to_string(last));
}

}  // namespace

bool NumberSet::contains(std::uint32_t number) const {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), number, [](std::uint32_t n, const auto& range) { return n < range.first; });
  return after != ranges.begin() && std::prev(after)->second >= number;
}

void NumberSet::add(std::uint32_t first, std::uint32_t last) {
  ranges.emplace_back(std::min(first, last), std::max(first, last));
}

void NumberSet::normalise() {
  std::sort(ranges.begin(), ranges.end());
  std::size_t kept = 0;
  for (const auto& range : ranges) {
    if (kept > 0 && (range.first <= ranges[kept - 1].second || range.first - 1 == ranges[kept - 1].second))
      ranges[kept - 1].second = std::max(ranges[kept - 1].second, range.second);
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
}

NumberSet SequenceSet::resolved(std::uint32_t largest) const {
  NumberSet set;
  for (const auto& [a, b] : ranges) {
    const std::uint32_t first = a == 0 ? largest : a;
    const std::uint32_t last = b == 0 ? largest : b;
    if (first != 0 && last != 0) set.add(first, last);
  }
  set.normalise();
  return set;
}

bool SequenceSet::contains(std::uint32_t number, std::uint32_t largest) const {
  for (const auto& [a, b] : ranges) {
    const std::uint32_t first = a == 0 ? largest : a;
    const std::uint32_t last = b == 0 ? largest : b;
    if (first != 0 && last != 0 && std::min(first, last) <= number && number <= std::max(first, last)) return true;
  }
  return false;
}

std::uint32_t SequenceSet::largest_written() const {
  std::uint32_t largest = 0;
  for (const auto& [a, b] : ranges) largest = std::max({largest, a, b});
  return largest;
}

std::optional<SequenceSet> take_sequence_set(Cursor& in, Saved saved, const GrammarLimits& limits) {
  SequenceSet set;
  const auto start = in.position();
  if (saved == Saved::allowed && in.take('$')) {
    set.saved = true;
    return set;
  }
  do {
    const auto first = take_seq_number(in);
    if (!first || set.ranges.size() >= limits.ranges) return in.seek(start), std::nullopt;
    auto last = first;
    if (in.take(':')) last = take_seq_number(in);
    if (!last) return in.seek(start), std::nullopt;
    set.ranges.emplace_back(*first, *last);
  } while (in.take(','));
  return set;
}

std::string format_set(std::span<const std::uint32_t> numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end - 1] != UINT32_MAX && numbers[end] == numbers[end - 1] + 1) ++end;
    append_range(out, numbers[i], numbers[end - 1]);
    i = end;
  }
  return out;
}

std::string format_set(const NumberSet& set) {
  std::string out;
  for (const auto& [first, last] : set.ranges) append_range(out, first, last);
  return out;
}

}  // namespace posthorn::imap
