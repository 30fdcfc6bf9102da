// The Emails of a mailbox in their order, with a mark at the oldest and the newest of each thread, so that lists with collapsed threads need not
// be walked from their beginning.
#include <algorithm>
#include <bit>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstring>

#include "store/catalog.h"

namespace posthorn::store {

// Eight marks at a time: a place far down a large mailbox is found in well under a millisecond.
std::size_t Catalog::Order::count(std::size_t from, std::size_t to, End end) const {
  const auto bit = static_cast<std::uint8_t>(end);
  const auto bits = bit * std::uint64_t{0x0101010101010101};
  std::size_t out = 0;
  for (; from + 8 <= to; from += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, marks_.data() + from, 8);
    out += static_cast<std::size_t>(std::popcount(eight & bits));
  }
  for (; from < to; ++from) out += (marks_[from] & bit) != 0 ? 1 : 0;
  return out;
}

std::vector<Catalog::Index> Catalog::Order::collapsed(End end, std::size_t place, std::size_t most) const {
  std::vector<Index> out;
  constexpr std::size_t step = 512;
  const auto size = rows_.size();
  const auto bit = static_cast<std::uint8_t>(end);
  // From the end that is asked for: whole steps are counted, the one that holds the place is walked.
  std::size_t at = 0;
  const auto skipped = [&] {
    const auto next = std::min(at + step, size);
    return end == End::oldest ? count(at, next, end) : count(size - next, size - at, end);
  };
  for (auto marks = at < size ? skipped() : 0; at < size && marks <= place; marks = at < size ? skipped() : 0) {
    place -= marks;
    at = std::min(at + step, size);
  }
  for (; at < size && out.size() < most; ++at) {
    const auto row = end == End::oldest ? at : size - 1 - at;
    if ((marks_[row] & bit) == 0) continue;
    if (place > 0) --place;
    else out.push_back(rows_[row]);
  }
  return out;
}

std::optional<std::size_t> Catalog::Order::collapsed_place(End end, std::size_t at) const {
  if ((marks_[at] & static_cast<std::uint8_t>(end)) == 0) return std::nullopt;
  return end == End::oldest ? count(0, at, end) : count(at + 1, rows_.size(), end);
}

std::size_t Catalog::place_of(const Order& order, Index index) const {
  const auto at = std::ranges::lower_bound(order.rows_, index, [this](Index a, Index b) { return before(a, b); });
  return static_cast<std::size_t>(at - order.rows_.begin());
}

void Catalog::insert_sorted(Order& order, Index index) {
  const auto at = static_cast<std::ptrdiff_t>(place_of(order, index));
  order.rows_.insert(order.rows_.begin() + at, index);
  order.marks_.insert(order.marks_.begin() + at, 0);
}

void Catalog::erase_sorted(Order& order, Index index) {
  const auto at = place_of(order, index);
  if (at == order.rows_.size() || order.rows_[at] != index) return;
  order.rows_.erase(order.rows_.begin() + static_cast<std::ptrdiff_t>(at));
  order.marks_.erase(order.marks_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Catalog::mark_all(Order& order) {
  const auto size = order.rows_.size();
  order.marks_.assign(size, 0);
  for (const auto end : {Order::End::oldest, Order::End::newest}) {
    boost::unordered_flat_set<std::uint64_t> seen;
    seen.reserve(threads_.size());
    for (std::size_t i = 0; i < size; ++i) {
      const auto at = end == Order::End::oldest ? i : size - 1 - i;
      if (seen.insert(number(rows_[order.rows_[at]].thread)).second) order.marks_[at] |= static_cast<std::uint8_t>(end);
    }
  }
}

void Catalog::mark_thread(Order& order, ThreadId thread, MailboxId mailbox, Index fresh) {
  struct Ends {
    Index oldest = none, newest = none;
  };
  // With the fresh one, and as it was before.
  Ends now, before_it;
  const auto found = threads_.find(number(thread));
  for (auto at = found == threads_.end() ? none : found->second; at != none; at = rows_[at].next_in_thread) {
    if (mailbox != MailboxId{} && !rows_[at].is_in(mailbox)) continue;
    for (auto* ends : {&now, &before_it}) {
      if (ends == &before_it && at == fresh) continue;
      if (ends->oldest == none || before(at, ends->oldest)) ends->oldest = at;
      if (ends->newest == none || before(ends->newest, at)) ends->newest = at;
    }
  }
  const auto mark = [&](Index index, Order::End end, bool on) {
    if (index == none) return;
    auto& marks = order.marks_[place_of(order, index)];
    const auto bit = static_cast<std::uint8_t>(end);
    marks = static_cast<std::uint8_t>(on ? marks | bit : marks & ~bit);
  };
  mark(before_it.oldest, Order::End::oldest, false);
  mark(before_it.newest, Order::End::newest, false);
  mark(now.oldest, Order::End::oldest, true);
  mark(now.newest, Order::End::newest, true);
}

}  // namespace posthorn::store
