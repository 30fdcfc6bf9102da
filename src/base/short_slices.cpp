// base/short_slices.cpp - see short_slices.h.
#include "base/short_slices.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace posthorn {
namespace {

// struct sched_attr of the kernel (sched_setattr(2)), which the C library of Debian 12 does not have.
struct Scheduling {
  std::uint32_t size = sizeof(Scheduling);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 100'000;  // nanoseconds, the least that is taken
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

void ask_for_short_slices() {
  if (::sched_getscheduler(0) != SCHED_OTHER) return;
  Scheduling wanted;
  wanted.nice = ::getpriority(PRIO_PROCESS, 0);
  ::syscall(SYS_sched_setattr, 0, &wanted, 0);
}

}  // namespace posthorn
