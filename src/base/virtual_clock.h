// base/virtual_clock.h - a Clock for tests: time moves only by advance(), and an io_context is run until idle around it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>

#include "base/clock.h"

namespace posthorn {

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(boost::asio::io_context& context) : context_(context) {}
  ~VirtualClock() override;  // sessions that outlive it (freed by their context) keep timers that never fire

  WallTime now() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  std::unique_ptr<Timer> timer(Executor executor) override;

  // Runs all that is ready without moving time.
  void settle();
  // Moves time by `by`, firing each timer at its own moment and settling after each.
  void advance(Duration by);
  // Moves time to the next timer, if any fires within `limit`; says whether one did.
  bool advance_to_next(Duration limit);
  // The same, but its call is only posted and nothing is run: for those who run the context handler by handler.
  bool post_next(Duration limit);
  // The wall clock jumps, timers do not notice (faults.md 9).
  void jump_wall(Duration by) { wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(by); }

 private:
  class VirtualTimer;
  using Due = std::multimap<SteadyTime, VirtualTimer*>;

  boost::asio::io_context& context_;
  WallTime wall_{std::chrono::milliseconds(1'767'225'600'000)};  // 2026-01-01T00:00:00Z
  SteadyTime steady_{std::chrono::hours(1)};
  Due due_;
};

}  // namespace posthorn
