#include "net/public_address.h"

#include <algorithm>
#include <string>

namespace posthorn::net {
namespace {

struct Network {
  std::uint32_t base;
  int bits;
};
// RFC 6890's blocks that are not on the public internet.
constexpr Network inside_v4[] = {{0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
                                 {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}};
constexpr Network never_v4[] = {{0, 8}, {0xa9fe0000, 16}, {0xe0000000, 3}};

bool is_in(std::uint32_t address, const Network& network) { return (address ^ network.base) >> (32 - network.bits) == 0; }

Reach reach_of_v4(std::uint32_t address) {
  const auto holds = [address](const Network& network) { return is_in(address, network); };
  if (std::ranges::any_of(never_v4, holds)) return Reach::never;
  return std::ranges::any_of(inside_v4, holds) ? Reach::inside : Reach::outside;
}

// rfc:4291#2.4 global unicast is 2000::/3: that leaves out loopback, IPv4-compatible, NAT64, discard-only, unique and site local
// addresses. Of it, RFC 6890 and RFC 9637 take out 2001::/23 (Teredo, ORCHID, benchmarks), 6to4 and the two for documentation.
bool is_outside_v6(const boost::asio::ip::address_v6::bytes_type& b) {
  if ((b[0] & 0xe0) != 0x20) return false;
  const auto head = static_cast<std::uint32_t>(b[0]) << 24 | static_cast<std::uint32_t>(b[1]) << 16 | static_cast<std::uint32_t>(b[2]) << 8 | b[3];
  return head >> 9 != 0x20010000U >> 9 && head != 0x20010db8U && head >> 16 != 0x2002 && head >> 12 != 0x3fff0000U >> 12;
}

}  // namespace

std::optional<boost::asio::ip::address> plain_address(std::string_view text) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, ip.to_v6());
  return ip;
}

Reach reach_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) return reach_of_v4(address.to_v4().to_uint());
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return reach_of_v4(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_uint());
  if (v6.is_unspecified() || v6.is_multicast() || v6.is_link_local()) return Reach::never;
  return is_outside_v6(v6.to_bytes()) ? Reach::outside : Reach::inside;
}

}  // namespace posthorn::net
