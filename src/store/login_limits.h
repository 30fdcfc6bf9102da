// store/login_limits.h - how often a password may be tried (hardening.md 5.6, attacks.md F1). Counted are failures; a try takes its tokens
// before it is looked at, so that many at once gain nothing, and gets them back if it was good.
//   - From networks where the account was never used: 200 an hour in all, whoever asks; from each network 10 an hour, then after a wait
//     that doubles from 1 to 30 s.
//   - From networks that it is used from: a bucket of each network's own, so that strangers cannot lock the owner out; the same waits.
//   - An address and its networks: 30 failures an hour over all accounts, but for networks that the account is used from.
// Any thread. Pure but for its lock: time is given.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/token_buckets.h"

namespace posthorn::store {

struct LoginLimitOptions {
  double per_account = 200;  // evaluated an hour from unknown networks; 0: no limit
  double per_network = 10;   // of one account, before waits begin; 0: no waits
  double per_address = 30;   // failures an hour over all accounts; 0: no limit
};

class LoginLimits {
 public:
  LoginLimits(net::TokenBuckets& buckets, LoginLimitOptions options) : buckets_(buckets), options_(options) {}

  struct Try {
    std::string_view user;     // canonical; whether it exists makes no difference
    std::string_view address;
    std::string_view network;  // login_network(address)
    bool known = false;        // the account is used from that network
  };
  // Unavailable: why not now.
  Status may_try(const Try& who, SteadyTime now) const;
  // The same, and takes the tokens; the wait before the password is looked at.
  Result<Duration> admit(const Try& who, SteadyTime now);
  void give_back(const Try& who, SteadyTime now);
  // As many as have to wait for nothing if none has failed; 0: no limit.
  std::size_t tries_at_once(const Try& who) const { return static_cast<std::size_t>(who.known ? options_.per_network * 3 : options_.per_network); }

 private:
  std::string_view refusal(const Try& who, SteadyTime now) const;
  void count(const Try& who, double tries, SteadyTime now);
  net::Rate account_rate() const { return {options_.per_account / 2, options_.per_account / 2}; }  // so that no hour has more
  net::Rate network_rate() const { return {options_.per_network, options_.per_network}; }
  net::Rate known_rate() const { return {options_.per_network * 6, options_.per_network * 6}; }
  net::Rate address_rate() const;

  net::TokenBuckets& buckets_;
  const LoginLimitOptions options_;
  std::mutex mutex_;  // around looking and taking
};

}  // namespace posthorn::store
