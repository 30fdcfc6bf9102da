// trust/altered/budget.h - what the search may still spend. Internal to src/trust/altered. Security: every loop over guesses asks
// here before it does its work, so that no message costs more than its Limits.
#pragma once

#include "trust/altered/altered.h"

namespace posthorn::trust::altered {

class Budget {
 public:
  Budget(const Limits& limits, std::size_t message_size);
  // False: not enough is left; the search has given up.
  bool spend_bytes(std::uint64_t bytes) { return spend(cost_.bytes, bytes, bytes_); }
  bool spend_attempt(std::uint64_t bytes) {
    return spend(cost_.attempts, 1, limits_.attempts) && spend_bytes(bytes + compare_cost);
  }
  bool spend_signature(std::uint64_t bytes) { return spend(cost_.signatures, 1, limits_.signatures) && spend_bytes(bytes); }
  bool empty() const { return gave_up_; }
  void give_up() { gave_up_ = true; }
  std::uint64_t bytes_left() const { return bytes_ - cost_.bytes; }
  const Cost& cost() const { return cost_; }
  const Limits& limits() const { return limits_; }

 private:
  static constexpr std::uint64_t compare_cost = 256;  // ending a digest costs about as much as hashing so many bytes
  bool spend(std::uint64_t& spent, std::uint64_t more, std::uint64_t most) {
    if (gave_up_ || most - spent < more) {
      gave_up_ = true;
      return false;
    }
    spent += more;
    return true;
  }

  Limits limits_;
  std::uint64_t bytes_;
  Cost cost_;
  bool gave_up_ = false;
};

}  // namespace posthorn::trust::altered
