// net/token_buckets.h - how much somebody may still ask for: token buckets on monotonic time in a table of fixed size (hardening.md 5.6).
// A bucket holds `burst` tokens and regains `per_hour`; what costs how much is its user's to say (net/costs.h). Who they are counted by is a
// kind ("auth", "rcpt") and bytes: a network, an account, both.
// A bucket is one moment, the one at which it is full again, so an idle one is nothing. Where the table has no room who owes least is
// forgotten: a flood of others takes nobody's penalty away unless each of them owes more, and then their common networks, which are counted
// beside them and owe as well, still refuse. Names are hashed with a secret key, so that nobody can choose whom he shares a place with.
// Any thread. Pure but for its lock: time is given.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthorn::net {

struct Rate {
  double burst = 1;     // how much at once
  double per_hour = 1;  // how fast it comes back
  Rate times(double factor) const { return {burst * factor, per_hour * factor}; }
};

class TokenBuckets {
 public:
  static constexpr std::size_t usual_bytes = 16u << 20;
  explicit TokenBuckets(std::size_t bytes = usual_bytes);

  // Takes `cost` if the bucket has it.
  bool take(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now);
  bool has(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now) const;
  // Takes it in any case; nobody owes more than another `burst`.
  void spend(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now);
  void refund(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now);
  // How much of the bucket is taken.
  double taken(std::string_view kind, std::string_view who, Rate rate, SteadyTime now) const;

  // The same for the address and its two wider networks at once, which have room for 3 and 9 times as much (as net::ConnectionLimits):
  // only if all have it, and it is taken from all.
  bool take_of_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now);
  bool networks_have(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now) const;
  void spend_of_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now);
  void refund_to_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now);

  std::size_t bytes() const { return sets_.size() * sizeof(Set); }

 private:
  // `full_at` in nanoseconds of the steady clock; a slot whose moment has passed is free.
  struct Slot {
    std::uint64_t name = 0;
    std::int64_t full_at = 0;
  };
  using Set = std::array<Slot, 8>;
  std::uint64_t name_of(std::string_view kind, std::string_view who) const;
  std::int64_t full_at(std::uint64_t name) const;
  void keep(std::uint64_t name, std::int64_t full_at);
  bool has_locked(std::uint64_t name, Rate rate, double cost, std::int64_t now) const;
  void add_locked(std::uint64_t name, Rate rate, double cost, std::int64_t now);

  mutable std::mutex mutex_;
  std::string secret_;
  std::vector<Set> sets_;
};

}  // namespace posthorn::net
