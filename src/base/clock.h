// base/clock.h - the Clock door: what time it is, and timers that run on it.
// Real: net/system_clock. Tests: base/virtual_clock, where time moves only when told.
// Durations and deadlines use steady(); now() is for stamps and validity only (faults.md 9).
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/task.h"

namespace posthorn {

using Duration = std::chrono::nanoseconds;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

// One pending call at a time. Destroying or cancelling a timer means that its call never comes.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start(Duration after, std::function<void()> call) = 0;  // replaces a pending call
  virtual void cancel() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual SteadyTime steady() const = 0;
  // The call of a timer runs on `executor`.
  virtual std::unique_ptr<Timer> timer(Executor executor) = 0;
};

// Suspends the calling coroutine for `time` of that clock.
Task<void> sleep(Clock& clock, Duration time);

}  // namespace posthorn
