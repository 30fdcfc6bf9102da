// net/pressure.h - how near the server is to the end of what it has: connections, memory, commits that wait (hardening.md 5.6, faults.md 12).
// Above 80 % of any it is stressed: deadlines are short, one error is enough, and networks that it has no good memory of are asked to come
// back later. At 90 % of the memory, or with no connection left, nobody new is let in. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "net/token_buckets.h"

namespace posthorn::net {

class Pressure {
 public:
  struct Limits {
    std::uint64_t connections = 0, memory = 0, commits = 0;  // 0: no limit
  };
  Pressure(Limits limits, TokenBuckets& buckets, Clock& clock) : limits_(limits), buckets_(buckets), clock_(clock) {}

  void opened() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void closed() { connections_.fetch_sub(1, std::memory_order_relaxed); }
  void measured(std::uint64_t memory, std::uint64_t commits) {
    memory_.store(memory, std::memory_order_relaxed);
    commits_.store(commits, std::memory_order_relaxed);
  }

  // Of the resource that is nearest to its end.
  double level() const {
    return std::max({share(connections_, limits_.connections), share(memory_, limits_.memory), share(commits_, limits_.commits)});
  }
  bool stressed() const { return level() >= 0.8; }
  bool full() const { return share(memory_, limits_.memory) >= 0.9 || share(connections_, limits_.connections) >= 1; }

  // From there came a login or a message that was taken; remembered for 30 days, for as long as there is room.
  void remember(std::string_view address) {
    if (!knows(address)) buckets_.spend_of_networks(kind, address, good, 1, clock_.steady());
  }
  bool knows(std::string_view address) const { return !buckets_.networks_have(kind, address, good, 1, clock_.steady()); }

 private:
  static constexpr std::string_view kind = "good network";
  // One visit takes an address' whole bucket and a third of what its network has: three addresses make that known as well.
  static constexpr Rate good{1, 1.0 / (30 * 24)};
  static double share(const std::atomic<std::uint64_t>& used, std::uint64_t most) {
    return most == 0 ? 0 : static_cast<double>(used.load(std::memory_order_relaxed)) / static_cast<double>(most);
  }

  const Limits limits_;
  TokenBuckets& buckets_;
  Clock& clock_;
  std::atomic<std::uint64_t> connections_ = 0, memory_ = 0, commits_ = 0;
};

}  // namespace posthorn::net
