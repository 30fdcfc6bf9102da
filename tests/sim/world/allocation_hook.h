// sim/world/allocation_hook.h - every `new` of a program that links this is counted while armed, and the n-th fails as if memory were gone.
#pragma once

#include <cstdint>

namespace posthorn::sim {

void arm_allocation(std::uint64_t n);   // the n-th from now fails; counts from one
std::uint64_t disarm_allocation();      // how many there were
// While one lives, this thread's allocations are not counted: the test's own.
class Uncounted {
 public:
  Uncounted();
  ~Uncounted();
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;

 private:
  bool before_;
};

}  // namespace posthorn::sim
