// post/backoff.h - how long to wait before the next try, and how many connections a destination gets. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace posthorn::post {

// Doubles from `first` to `most`, plus or minus a fifth by `dice` in [0, 1000), so that a thousand letters to one broken host do not
// come back at the same moment.
inline Duration backoff(std::uint32_t rounds, Duration first, Duration most, std::uint64_t dice) {
  Duration wait = first;
  for (std::uint32_t i = 1; i < rounds && wait < most; ++i) wait *= 2;
  wait = std::min(wait, most);
  return wait * 4 / 5 + wait * 2 / 5 / 1000 * static_cast<std::int64_t>(dice % 1000);
}

// Connections to one destination (attacks.md A21): grows by one with each message that gets through, halves when a host is in trouble.
class Concurrency {
 public:
  Concurrency() = default;
  Concurrency(std::size_t start, std::size_t most) : allowed_(std::min(start, most)), most_(most) {}
  std::size_t allowed() const { return allowed_; }
  void good() { allowed_ = std::min(allowed_ + 1, most_); }
  void bad() { allowed_ = std::max<std::size_t>(1, allowed_ / 2); }

 private:
  std::size_t allowed_ = 5, most_ = 20;
};

}  // namespace posthorn::post
