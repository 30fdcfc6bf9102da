#include "net/connection_limits.h"

namespace posthorn::net {

bool ConnectionLimits::admit(const boost::asio::ip::address& from) {
  const auto networks = networks_of(from);
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const auto found = counts_.find(networks[i]);
    if (most_[i] > 0 && found != counts_.end() && found->second >= most_[i]) return false;
  }
  for (const auto& network : networks) ++counts_[network];
  return true;
}

void ConnectionLimits::release(const boost::asio::ip::address& from) {
  for (const auto& network : networks_of(from)) {
    const auto found = counts_.find(network);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
}

}  // namespace posthorn::net
