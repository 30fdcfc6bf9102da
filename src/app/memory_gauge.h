// app/memory_gauge.h - how much memory the process has in use, as the kernel counts it. Opened before the walls, read behind them.
#pragma once

#include <cstdint>
#include <utility>

namespace posthorn::app {

class MemoryGauge {
 public:
  MemoryGauge();  // of this process
  MemoryGauge(MemoryGauge&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  MemoryGauge& operator=(MemoryGauge&&) = delete;
  ~MemoryGauge();
  // Resident bytes; 0: it cannot be told.
  std::uint64_t resident() const;

 private:
  int descriptor_;
};

}  // namespace posthorn::app
