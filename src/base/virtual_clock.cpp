#include "base/virtual_clock.h"

#include <boost/asio/post.hpp>
#include <optional>

namespace posthorn {

class VirtualClock::VirtualTimer final : public Timer {
 public:
  VirtualTimer(VirtualClock& clock, Executor executor) : clock_(clock), executor_(std::move(executor)) {}
  ~VirtualTimer() override { cancel(); }

  void start(Duration after, std::function<void()> call) override {
    cancel();
    pending_ = std::make_shared<std::function<void()>>(std::move(call));
    place_ = clock_.due_.emplace(clock_.steady_ + after, this);
  }
  void cancel() override {
    if (place_) clock_.due_.erase(*place_);
    place_.reset();
    pending_.reset();
  }
  void forget() { place_.reset(); }
  void fire() {
    place_.reset();
    // A cancel() between here and the posted call drops the last strong reference, so the call never comes.
    boost::asio::post(executor_, [weak = std::weak_ptr(pending_)] {
      if (auto call = weak.lock()) (*call)();
    });
  }

 private:
  VirtualClock& clock_;
  Executor executor_;
  std::shared_ptr<std::function<void()>> pending_;
  std::optional<Due::iterator> place_;
};

VirtualClock::~VirtualClock() {
  for (auto& [when, timer] : due_) timer->forget();
}

std::unique_ptr<Timer> VirtualClock::timer(Executor executor) { return std::make_unique<VirtualTimer>(*this, std::move(executor)); }

void VirtualClock::settle() {
  context_.restart();
  while (context_.poll() > 0) context_.restart();
}

bool VirtualClock::advance_to_next(Duration limit) {
  settle();
  if (!post_next(limit)) return false;
  settle();
  return true;
}

bool VirtualClock::post_next(Duration limit) {
  if (due_.empty() || due_.begin()->first > steady_ + limit) return false;
  const auto first = due_.begin();
  const auto step = std::max(Duration::zero(), first->first - steady_);
  steady_ += step;
  wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(step);
  auto* timer = first->second;
  due_.erase(first);
  timer->fire();
  return true;
}

void VirtualClock::advance(Duration by) {
  const auto target = steady_ + by;
  while (advance_to_next(target - steady_)) {
  }
  const auto step = target - steady_;
  steady_ = target;
  wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(step);
  settle();
}

}  // namespace posthorn
