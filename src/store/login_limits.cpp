#include "store/login_limits.h"

#include <algorithm>
#include <cmath>

#include "net/costs.h"

namespace posthorn::store {
namespace {

constexpr std::string_view by_account = "login account", by_network = "login account network", by_known = "login known network", by_address = "login address";
constexpr double longest_wait = 30;  // seconds

std::string pair_of(const LoginLimits::Try& who) { return std::string(who.network) + std::string(who.user); }

}  // namespace

net::Rate LoginLimits::address_rate() const {
  const auto tokens = options_.per_address * net::cost::failed_login;
  return {tokens, tokens};
}

std::string_view LoginLimits::refusal(const Try& who, SteadyTime now) const {
  if (who.known) {
    if (options_.per_network > 0 && !buckets_.has(by_known, pair_of(who), known_rate(), 1, now))
      return "too many failed logins to this account from its own network (login-known)";
    return {};
  }
  if (options_.per_account > 0 && !buckets_.has(by_account, who.user, account_rate(), 1, now))
    return "too many failed logins to this account from networks where it was never used (login-account)";
  if (options_.per_address > 0 && !buckets_.networks_have(by_address, who.address, address_rate(), net::cost::failed_login, now))
    return "too many failed logins from this address or its network (login-address)";
  return {};
}

void LoginLimits::count(const Try& who, double tries, SteadyTime now) {
  if (who.known) {
    if (options_.per_network > 0) buckets_.spend(by_known, pair_of(who), known_rate(), tries, now);
    return;
  }
  if (options_.per_network > 0) buckets_.spend(by_network, pair_of(who), network_rate(), tries, now);
  if (options_.per_account > 0) buckets_.spend(by_account, who.user, account_rate(), tries, now);
  if (options_.per_address > 0) buckets_.spend_of_networks(by_address, who.address, address_rate(), tries * net::cost::failed_login, now);
}

Status LoginLimits::may_try(const Try& who, SteadyTime now) const {
  const auto why = refusal(who, now);
  if (why.empty()) return {};
  return fail(Errc::unavailable, std::string(why), "Wait some minutes, then try again with the right password");
}

Result<Duration> LoginLimits::admit(const Try& who, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  TRY(may_try(who, now));
  double over = -1;
  if (options_.per_network > 0 && who.known) over = buckets_.taken(by_known, pair_of(who), known_rate(), now) - options_.per_network * 3;
  if (options_.per_network > 0 && !who.known) over = buckets_.taken(by_network, pair_of(who), network_rate(), now) - options_.per_network;
  count(who, 1, now);
  // What was taken comes back continuously: a hair under the limit is the limit.
  if (over < -0.5) return Duration::zero();
  const auto seconds = std::min(longest_wait, std::exp2(std::round(over)));
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void LoginLimits::give_back(const Try& who, SteadyTime now) { count(who, -1, now); }

}  // namespace posthorn::store
