// store/engine/commit_counts.h - how many commits wrote to each space: who remembers what it read there can tell that it still
// stands. Counted by the engine's writer once readers see the commit and before anybody is told of it; read by any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "store/engine/overlay.h"

namespace posthorn::store {

class CommitCounts {
 public:
  std::uint64_t of(Space space) const { return counts_.at(index_of(space)).load(std::memory_order_acquire); }
  void committed(const Overlay& overlay) {
    for (std::size_t i = 0; i < space_count; ++i)
      if (!overlay.cells(i).empty()) counts_.at(i).fetch_add(1, std::memory_order_release);
  }
  // The database was opened again: what was thought not to be committed may be.
  void perhaps_all() {
    for (auto& one : counts_) one.fetch_add(1, std::memory_order_release);
  }

 private:
  std::array<std::atomic<std::uint64_t>, space_count> counts_{};
};

}  // namespace posthorn::store
