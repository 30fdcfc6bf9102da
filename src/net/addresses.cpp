#include "net/addresses.h"

#include <boost/asio/ip/address.hpp>

namespace posthorn::net {
namespace ip = boost::asio::ip;

Endpoint endpoint_of(const ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return {ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string(), endpoint.port()};
  return {address.to_string(), endpoint.port()};
}

Result<ip::tcp::endpoint> parse_endpoint(const Endpoint& endpoint) {
  boost::system::error_code error;
  auto address = ip::make_address(endpoint.address, error);
  if (error)
    return fail(Errc::invalid, "\"" + endpoint.address + "\" is not an IP address", "Write it like 192.0.2.1 or 2001:db8::1.");
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return ip::tcp::endpoint(address, endpoint.port);
}

}  // namespace posthorn::net
