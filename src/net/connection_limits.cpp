#include "net/connection_limits.h"

#include <algorithm>

namespace posthorn::net {
namespace ip = boost::asio::ip;

std::array<ConnectionLimits::Prefix, 3> ConnectionLimits::prefixes_of(const ip::address& from) {
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
  std::array<Prefix, 3> prefixes{};
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    const unsigned bits = address.is_v4() ? v4_bits[i] : v6_bits[i];
    prefixes[i][0] = address.is_v4() ? 4 : 6;
    prefixes[i][1] = static_cast<std::uint8_t>(bits);
    for (unsigned bit = 0; bit < bits; ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
      prefixes[i][2 + bit / 8] = static_cast<std::uint8_t>(prefixes[i][2 + bit / 8] | (bytes[bit / 8] & mask));
    }
  }
  return prefixes;
}

bool ConnectionLimits::admit(const ip::address& from) {
  const auto prefixes = prefixes_of(from);
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    const auto found = counts_.find(prefixes[i]);
    if (most_[i] > 0 && found != counts_.end() && found->second >= most_[i]) return false;
  }
  for (const auto& prefix : prefixes) ++counts_[prefix];
  return true;
}

void ConnectionLimits::release(const ip::address& from) {
  for (const auto& prefix : prefixes_of(from)) {
    const auto found = counts_.find(prefix);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }
}

}  // namespace posthorn::net
