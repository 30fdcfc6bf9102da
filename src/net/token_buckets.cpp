#include "net/token_buckets.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "net/networks.h"

namespace posthorn::net {
namespace {

constexpr std::array<double, 3> room_of_network{1, 3, 9};

std::int64_t of(SteadyTime now) { return now.time_since_epoch().count(); }
// What `tokens` take to come back.
double time_of(Rate rate, double tokens) { return tokens * 3600e9 / rate.per_hour; }

}  // namespace

TokenBuckets::TokenBuckets(std::size_t bytes) : secret_(crypto::random_bytes(crypto::siphash_key_bytes)), sets_(std::max<std::size_t>(bytes / sizeof(Set), 1)) {}

std::uint64_t TokenBuckets::name_of(std::string_view kind, std::string_view who) const {
  std::string name;
  name.reserve(kind.size() + 1 + who.size());
  name.append(kind).append(1, '\0').append(who);
  return crypto::siphash(secret_, name);
}

std::int64_t TokenBuckets::full_at(std::uint64_t name) const {
  for (const auto& slot : sets_[name % sets_.size()])
    if (slot.name == name) return slot.full_at;
  return 0;
}

void TokenBuckets::keep(std::uint64_t name, std::int64_t moment) {
  auto& set = sets_[name % sets_.size()];
  auto found = std::ranges::find(set, name, &Slot::name);
  if (found == set.end()) {
    found = std::ranges::min_element(set, {}, &Slot::full_at);
    found->name = name;
  }
  found->full_at = moment;
}

bool TokenBuckets::has_locked(std::uint64_t name, Rate rate, double cost, std::int64_t now) const {
  const auto owed = static_cast<double>(std::max<std::int64_t>(full_at(name) - now, 0));
  return owed + time_of(rate, cost) <= time_of(rate, rate.burst) + 1;  // a nanosecond for the rounding
}

void TokenBuckets::add_locked(std::uint64_t name, Rate rate, double cost, std::int64_t now) {
  const auto owed = static_cast<double>(std::max<std::int64_t>(full_at(name) - now, 0));
  const auto most = std::max(owed, time_of(rate, 2 * rate.burst));
  const auto owes = std::clamp(owed + time_of(rate, cost), 0.0, most);
  keep(name, now + static_cast<std::int64_t>(owes));
}

bool TokenBuckets::take(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now) {
  const auto name = name_of(kind, who);
  const std::lock_guard lock(mutex_);
  if (!has_locked(name, rate, cost, of(now))) return false;
  add_locked(name, rate, cost, of(now));
  return true;
}

bool TokenBuckets::has(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now) const {
  const auto name = name_of(kind, who);
  const std::lock_guard lock(mutex_);
  return has_locked(name, rate, cost, of(now));
}

void TokenBuckets::spend(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now) {
  const auto name = name_of(kind, who);
  const std::lock_guard lock(mutex_);
  add_locked(name, rate, cost, of(now));
}

void TokenBuckets::refund(std::string_view kind, std::string_view who, Rate rate, double cost, SteadyTime now) { spend(kind, who, rate, -cost, now); }

double TokenBuckets::taken(std::string_view kind, std::string_view who, Rate rate, SteadyTime now) const {
  const auto name = name_of(kind, who);
  const std::lock_guard lock(mutex_);
  return static_cast<double>(std::max<std::int64_t>(full_at(name) - of(now), 0)) * rate.per_hour / 3600e9;
}

bool TokenBuckets::take_of_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now) {
  const auto networks = networks_of(address);
  std::array<std::uint64_t, 3> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(kind, bytes_of(networks[i]));
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!has_locked(names[i], rate.times(room_of_network[i]), cost, of(now))) return false;
  for (std::size_t i = 0; i < names.size(); ++i) add_locked(names[i], rate.times(room_of_network[i]), cost, of(now));
  return true;
}

bool TokenBuckets::networks_have(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now) const {
  const auto networks = networks_of(address);
  for (std::size_t i = 0; i < networks.size(); ++i)
    if (!has(kind, bytes_of(networks[i]), rate.times(room_of_network[i]), cost, now)) return false;
  return true;
}

void TokenBuckets::spend_of_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now) {
  const auto networks = networks_of(address);
  for (std::size_t i = 0; i < networks.size(); ++i) spend(kind, bytes_of(networks[i]), rate.times(room_of_network[i]), cost, now);
}

void TokenBuckets::refund_to_networks(std::string_view kind, std::string_view address, Rate rate, double cost, SteadyTime now) {
  spend_of_networks(kind, address, rate, -cost, now);
}

}  // namespace posthorn::net
