// base/gate.h - lets a few in at a time and makes the others queue, for a limited time: what is scarce for all sessions together (memory and
// cores for password hashing). Two queues: those who may go first, and the rest; each in the order of arrival.
// Any thread may enter and leave. The Gate outlives who waits at it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace posthorn {

class Gate {
 public:
  Gate(Clock& clock, std::size_t inside, std::size_t waiting) : clock_(clock), free_(inside), longest_(waiting) {}

  enum class Turn : std::uint8_t { first, last };
  // In, until its end. Movable; leaves once.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };
  // Unavailable: the queue is full, or `patience` is over.
  Task<Result<Pass>> enter(Turn turn, Duration patience);
  std::size_t waiting() const;

 private:
  struct Waiter {
    std::function<void(bool in)> answer;  // posts to the waiter's executor
  };
  using Queue = std::deque<std::shared_ptr<Waiter>>;
  void leave();
  void give_up(const std::shared_ptr<Waiter>& waiter);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::size_t free_;
  const std::size_t longest_;
  Queue first_, last_;
};

}  // namespace posthorn
