// net/connection_limits.h - how many connections an address, its network and its wide network may have at once.
// attacks.md 2G, 5.6: IPv4 /32, /26, /21; IPv6 /64, /48, /32. Pure; the listener locks around it.
#pragma once

#include <array>
#include <map>

#include "net/networks.h"

namespace posthorn::net {

class ConnectionLimits {
 public:
  // 0: no limit.
  ConnectionLimits(std::size_t per_address, std::size_t per_network, std::size_t per_wide_network)
      : most_{per_address, per_network, per_wide_network} {}

  // Counts a connection, unless it would be one too many.
  bool admit(const boost::asio::ip::address& from);
  void release(const boost::asio::ip::address& from);
  std::size_t tracked() const { return counts_.size(); }

 private:
  std::array<std::size_t, 3> most_;
  std::map<Network, std::size_t> counts_;  // only what is not zero, so it is bounded by the open connections
};

}  // namespace posthorn::net
