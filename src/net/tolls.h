// net/tolls.h - what is of no use to anybody costs tokens of the address it comes from and of its networks (hardening.md 5.6, attacks.md
// A15, A16, B8): connections, handshakes, errors, unknown recipients. They come back with time, and at once where a connection turns out
// to be good: a letter that was taken, a login. So who behaves never notices. Held by listeners and sessions of all protocols. Any thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/costs.h"

namespace posthorn::net {

class Tolls {
 public:
  // A rate without burst: nothing costs anything. Both references outlive it.
  Tolls(TokenBuckets& buckets, Clock& clock, Rate rate) : buckets_(buckets), clock_(clock), rate_(rate) {}

  // False: that address or one of its networks has not so much left; nothing was taken.
  bool take(const std::string& address, double cost) {
    return rate_.burst <= 0 || buckets_.take_of_networks(kind, address, rate_, cost, clock_.steady());
  }
  // For what has happened already. False: nothing is left now.
  bool charge(const std::string& address, double cost) {
    if (rate_.burst <= 0) return true;
    buckets_.spend_of_networks(kind, address, rate_, cost, clock_.steady());
    return buckets_.networks_have(kind, address, rate_, 1, clock_.steady());
  }
  void give_back(const std::string& address, double cost) {
    if (rate_.burst > 0) buckets_.refund_to_networks(kind, address, rate_, cost, clock_.steady());
  }
  // The connection was worth its toll.
  void welcome(const std::string& address) { give_back(address, cost::connection + cost::tls_handshake); }

 private:
  static constexpr const char* kind = "toll";
  TokenBuckets& buckets_;
  Clock& clock_;
  Rate rate_;
};

}  // namespace posthorn::net
