// net/networks.h - the networks of an address that limits are counted by: IPv4 /32, /26, /21; IPv6 /64, /48, /32 (hardening.md 5.6). Pure.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string_view>

namespace posthorn::net {

// Version, prefix length, the bytes of the prefix.
using Network = std::array<std::uint8_t, 18>;

// From the narrowest to the widest. "::ffff:192.0.2.1" is 192.0.2.1.
std::array<Network, 3> networks_of(const boost::asio::ip::address& address);
// What is no address is a network of its own.
std::array<Network, 3> networks_of(std::string_view address);

inline std::string_view bytes_of(const Network& network) { return {reinterpret_cast<const char*>(network.data()), network.size()}; }

}  // namespace posthorn::net
