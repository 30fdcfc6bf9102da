// net/system_clock - the Clock of the real world: the kernel's clocks, timers of Asio.
#include <boost/asio/steady_timer.hpp>

#include "net/runtime.h"

namespace posthorn::net {
namespace {

class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(const Executor& executor) : timer_(executor) {}
  ~SystemTimer() override { cancel(); }

  void start(Duration after, std::function<void()> call) override {
    call_ = std::make_shared<std::function<void()>>(std::move(call));
    timer_.expires_after(after);
    // An expiry already queued when start() or cancel() comes finds its call gone.
    timer_.async_wait([weak = std::weak_ptr(call_)](const boost::system::error_code& error) {
      if (error) return;
      if (auto held = weak.lock()) (*held)();
    });
  }
  void cancel() override {
    if (!call_) return;
    call_.reset();
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> call_;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<Timer> timer(Executor executor) override { return std::make_unique<SystemTimer>(executor); }
};

}  // namespace

std::unique_ptr<Clock> system_clock() {
  return std::make_unique<SystemClock>();
}

}  // namespace posthorn::net
