// net/addresses.h - Asio's endpoints and ours.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "base/stream.h"

namespace posthorn::net {

// "::ffff:1.2.3.4" becomes "1.2.3.4".
Endpoint endpoint_of(const boost::asio::ip::tcp::endpoint& endpoint);
// The address must be an IP address; names are the Resolver's business.
Result<boost::asio::ip::tcp::endpoint> parse_endpoint(const Endpoint& endpoint);

}  // namespace posthorn::net
