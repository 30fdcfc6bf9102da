#include "net/networks.h"

#include <algorithm>
#include <string>

namespace posthorn::net {
namespace ip = boost::asio::ip;

std::array<Network, 3> networks_of(const ip::address& from) {
  constexpr std::array<unsigned, 3> v4_bits{32, 26, 21}, v6_bits{64, 48, 32};
  ip::address address = from;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  std::array<std::uint8_t, 16> bytes{};
  if (address.is_v4()) {
    const auto v4 = address.to_v4().to_bytes();
    std::copy(v4.begin(), v4.end(), bytes.begin());
  } else {
    const auto v6 = address.to_v6().to_bytes();
    std::copy(v6.begin(), v6.end(), bytes.begin());
  }
  std::array<Network, 3> networks{};
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const unsigned bits = address.is_v4() ? v4_bits[i] : v6_bits[i];
    networks[i][0] = address.is_v4() ? 4 : 6;
    networks[i][1] = static_cast<std::uint8_t>(bits);
    for (unsigned bit = 0; bit < bits; ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
      networks[i][2 + bit / 8] = static_cast<std::uint8_t>(networks[i][2 + bit / 8] | (bytes[bit / 8] & mask));
    }
  }
  return networks;
}

std::array<Network, 3> networks_of(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = ip::make_address(std::string(address), error);
  if (!error) return networks_of(parsed);
  return {Network{0, 0}, Network{0, 1}, Network{0, 2}};
}

}  // namespace posthorn::net
