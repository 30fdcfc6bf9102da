// post/route.h - from a domain to the addresses to try, in order (RFC 5321 5.1, RFC 7505, attacks.md A20, A21).
// A coroutine over the Resolver door; its decisions (order, what is refused) are pure functions below.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/stream.h"
#include "base/task.h"
#include "dns/resolver.h"
#include "post/options.h"
#include "smtp/types.h"

namespace posthorn::post {

struct Hop {
  std::string host;       // the MX's name, for TLS and for people
  Endpoint to;
  bool secure = false;    // DNSSEC proves the domain's MX records and this host's addresses, or that there are none (RFC 7672 2.2)
  std::string canonical;  // the host's name after CNAMEs
};

// Where to go, or the reply that the domain's DNS amounts to: permanent (5xx) or to be tried again (4xx).
struct RoutePlan {
  std::vector<Hop> hops;
  smtp::Reply failure;       // when hops is empty
  std::vector<std::string> evidence;  // what DNS said, line by line, for people
};

Task<RoutePlan> find_route(dns::Resolver& resolver, const Options& options, std::string domain);
// What a host's name leads to.
struct Addresses {
  std::vector<std::string> good;
  bool refused = false;  // there were some, but none that we may go to
  bool failed = false;   // DNS could not tell
  bool secure = false;   // by DNSSEC, those that are not there too
  std::string canonical;
  std::string why;
};
Task<Addresses> addresses_of(dns::Resolver& resolver, const Options& options, std::string host);
// The way to options.smarthost, a name or an IP address. The administrator named it: its MX records are not asked for, and private
// addresses are as good as others.
Task<RoutePlan> find_smarthost(dns::Resolver& resolver, const Options& options);

// A number in [0, bound), for the random order among equals (RFC 5321 5.1).
using Random = std::function<std::size_t(std::size_t bound)>;

// MX records to hosts in order of preference, equal ones shuffled, at most 10. Those at and after our own are left out;
// `loops` is set if that left nothing.
struct MxOrder {
  std::vector<std::string> hosts;
  bool loops = false;
};
MxOrder order_mx(std::vector<dns::Mx> records, const Options& options, const Random& random);

// Whether mail may be sent to that address: never to ourselves, the unspecified, multicast and link-local addresses; to
// loopback and private ones only if the options say so.
bool may_connect(const std::string& address, const Options& options);

}  // namespace posthorn::post
