// net/budget.h - memory for what is being received, over many sessions: each holds as much as it has got, not as much as was announced, so
// that announcing costs others nothing. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace posthorn::net {

class Budget {
 public:
  explicit Budget(std::uint64_t octets) : octets_(octets) {}
  bool has(std::uint64_t octets) const { return octets <= octets_ && taken_.load(std::memory_order_relaxed) <= octets_ - octets; }

 private:
  friend class Share;
  bool take(std::uint64_t octets) {
    if (octets > octets_) return false;  // and the sum below cannot wrap
    if (taken_.fetch_add(octets) + octets <= octets_) return true;
    taken_.fetch_sub(octets);
    return false;
  }

  const std::uint64_t octets_;
  std::atomic<std::uint64_t> taken_ = 0;
};

// What one session holds; given back with it. Without a Budget everything is granted.
class Share {
 public:
  explicit Share(Budget* budget) : budget_(budget) {}
  ~Share() { clear(); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  bool raise_to(std::uint64_t octets) {
    if (budget_ == nullptr || octets <= held_) return true;
    if (!budget_->take(octets - held_)) return false;
    held_ = octets;
    return true;
  }
  void clear() {
    if (held_ > 0) budget_->taken_.fetch_sub(held_);
    held_ = 0;
  }

 private:
  Budget* budget_;
  std::uint64_t held_ = 0;
};

}  // namespace posthorn::net
