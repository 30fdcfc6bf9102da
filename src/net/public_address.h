// net/public_address.h - which IP addresses are out on the internet and which are our own networks, or nobody's. Pure. Called before we
// connect anywhere on somebody else's word: mail routes (attacks.md A20), push services, pictures, policies (attacks.md F4).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace posthorn::net {

// The address, an IPv4 one however it is written ("::ffff:192.0.2.1").
std::optional<boost::asio::ip::address> plain_address(std::string_view text);

enum class Reach : unsigned char {
  never,    // unspecified, "this" network, link-local, multicast, reserved: no server is there for anybody
  inside,   // loopback, private, shared, documentation, benchmarks, translated: not on the public internet
  outside,  // globally reachable unicast
};
Reach reach_of(const boost::asio::ip::address& address);

}  // namespace posthorn::net
