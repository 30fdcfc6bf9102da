#include "post/route.h"

#include <boost/asio/ip/address.hpp>
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

constexpr std::size_t host_limit = 10, address_limit = 10;

smtp::Reply permanent(std::string enhanced, std::string text) { return {550, std::move(enhanced), std::move(text), {}}; }
smtp::Reply later(std::string enhanced, std::string text) { return {450, std::move(enhanced), std::move(text), {}}; }

bool in_v4(std::uint32_t address, std::uint32_t network, int bits) { return (address ^ network) >> (32 - bits) == 0; }

bool is_private_v4(std::uint32_t a) {
  struct Network { std::uint32_t base; int bits; };
  // RFC 6890's blocks that are not on the public internet.
  static constexpr Network blocks[] = {{0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8}, {0xac100000, 12}, {0xc0000000, 24},
                                       {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}};
  return std::ranges::any_of(blocks, [a](const Network& n) { return in_v4(a, n.base, n.bits); });
}

bool never_v4(std::uint32_t a) { return in_v4(a, 0, 8) || in_v4(a, 0xa9fe0000, 16) || a >= 0xe0000000; }

// rfc:4291#2.4 global unicast is 2000::/3: that leaves out loopback, IPv4-compatible, NAT64, discard-only, unique and site local
// addresses. Of it, RFC 6890 and RFC 9637 take out 2001::/23 (Teredo, ORCHID, benchmarks), 6to4 and the two for documentation.
bool is_public_v6(const boost::asio::ip::address_v6::bytes_type& b) {
  if ((b[0] & 0xe0) != 0x20) return false;
  const auto head = static_cast<std::uint32_t>(b[0]) << 24 | static_cast<std::uint32_t>(b[1]) << 16 | static_cast<std::uint32_t>(b[2]) << 8 | b[3];
  return head >> 9 != 0x20010000U >> 9 && head != 0x20010db8U && head >> 16 != 0x2002 && head >> 12 != 0x3fff0000U >> 12;
}

// The address, an IPv4 one however it is written.
std::optional<boost::asio::ip::address> plain_address(const std::string& text) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  if (ip.is_v6() && ip.to_v6().is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, ip.to_v6());
  return ip;
}

struct Addresses {
  std::vector<std::string> good;
  bool refused = false;  // there were some, but none that we may go to
  bool failed = false;   // DNS could not tell
  std::string why;
};

Task<Addresses> addresses_of(dns::Resolver& resolver, const Options& options, std::string host) {
  Addresses out;
  std::vector<std::string> six, four;
  auto a = co_await resolver.resolve(host, dns::Type::a);
  auto aaaa = co_await resolver.resolve(host, dns::Type::aaaa);
  for (const auto& record : a.records)
    if (const auto* one = std::get_if<dns::A>(&record)) four.push_back(one->address);
  for (const auto& record : aaaa.records)
    if (const auto* one = std::get_if<dns::Aaaa>(&record)) six.push_back(one->address);
  out.failed = a.outcome == dns::Outcome::failed || aaaa.outcome == dns::Outcome::failed;
  out.why = a.outcome == dns::Outcome::failed ? a.why : aaaa.why;
  // Families alternate, IPv6 first, so that a host without IPv6 routes loses one attempt only (RFC 8305's idea).
  for (std::size_t i = 0; i < std::max(four.size(), six.size()); ++i) {
    for (const auto* family : {&six, &four}) {
      if (i >= family->size() || out.good.size() >= address_limit) continue;
      if (may_connect((*family)[i], options)) out.good.push_back((*family)[i]);
      else out.refused = true;
    }
  }
  co_return out;
}

std::string join(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

smtp::Reply no_address(const std::string& domain, bool any_refused, bool any_failed, const std::string& why) {
  if (any_failed) return later("4.4.3", "the addresses of " + domain + "'s mail servers could not be looked up: " + why);
  if (any_refused) return permanent("5.4.4", "the mail servers of " + domain + " have only addresses that are not on the internet");
  return permanent("5.4.4", "the mail servers of " + domain + " have no address");
}

}  // namespace

bool may_connect(const std::string& address, const Options& options) {
  const auto ip = plain_address(address);
  if (!ip) return false;
  if (std::ranges::any_of(options.own_addresses, [&ip](const std::string& own) { return plain_address(own) == ip; })) return false;
  if (ip->is_v4()) {
    const auto a = ip->to_v4().to_uint();
    return !never_v4(a) && (options.allow_private_routes || !is_private_v4(a));
  }
  const auto v6 = ip->to_v6();
  if (v6.is_unspecified() || v6.is_multicast() || v6.is_link_local()) return false;
  return options.allow_private_routes || is_public_v6(v6.to_bytes());
}

MxOrder order_mx(std::vector<dns::Mx> records, const Options& options, const Random& random) {
  MxOrder out;
  for (std::size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[random(i)]);
  std::ranges::sort(records, {}, &dns::Mx::preference);
  // rfc:5321#5.1 we and all that are less preferred than we are must be left out, or mail loops.
  const auto ours = std::ranges::find_if(records, [&options](const dns::Mx& mx) { return equal_icase(mx.exchange, options.host_name); });
  if (ours != records.end()) {
    const auto preference = ours->preference;
    std::erase_if(records, [preference](const dns::Mx& mx) { return mx.preference >= preference; });
    out.loops = records.empty();
  }
  for (const auto& mx : records)
    if (out.hosts.size() < host_limit && std::ranges::find(out.hosts, mx.exchange) == out.hosts.end()) out.hosts.push_back(mx.exchange);
  return out;
}

Task<RoutePlan> find_route(dns::Resolver& resolver, const Options& options, std::string domain) {
  RoutePlan plan;
  auto answer = co_await resolver.resolve(domain, dns::Type::mx);
  const char* secure = answer.security == dns::Security::secure ? " (DNSSEC: secure)" : "";
  std::vector<std::string> hosts;
  switch (answer.outcome) {
    case dns::Outcome::failed:
      plan.failure = later("4.4.3", "the mail servers of " + domain + " could not be looked up: " + answer.why);
      plan.evidence.push_back("MX " + domain + ": could not check: " + answer.why);
      co_return plan;
    case dns::Outcome::no_such_name:
      plan.failure = permanent("5.1.2", "the domain " + domain + " does not exist");
      plan.evidence.push_back("MX " + domain + ": no such name" + secure);
      co_return plan;
    case dns::Outcome::no_data:
      // rfc:5321#5.1 implicit MX: the domain itself.
      hosts.push_back(domain);
      plan.evidence.push_back("MX " + domain + ": none, so its own address" + secure);
      break;
    case dns::Outcome::found: {
      std::vector<dns::Mx> records;
      for (const auto& record : answer.records)
        if (const auto* mx = std::get_if<dns::Mx>(&record)) records.push_back(*mx);
      if (records.size() == 1 && records[0].exchange.empty()) {
        // rfc:7505#3 the null MX.
        plan.failure = smtp::Reply{556, "5.1.10", "the domain " + domain + " says that it takes no mail", {}};
        plan.evidence.push_back("MX " + domain + ": null MX" + secure);
        co_return plan;
      }
      std::erase_if(records, [](const dns::Mx& mx) { return mx.exchange.empty(); });
      const Random random = [](std::size_t bound) { return static_cast<std::size_t>(crypto::random_number() % bound); };
      auto order = order_mx(std::move(records), options, random);
      if (order.loops) {
        plan.failure = permanent("5.4.6", "mail for " + domain + " would come back to this server (" + options.host_name + "), which does not know that domain");
        co_return plan;
      }
      hosts = std::move(order.hosts);
      plan.evidence.push_back("MX " + domain + ": " + join(hosts) + secure);
    }
  }
  bool refused = false, failed = false;
  std::string why;
  for (const auto& host : hosts) {
    auto found = co_await addresses_of(resolver, options, host);
    refused |= found.refused;
    failed |= found.failed;
    if (found.failed) why = found.why;
    plan.evidence.push_back("A/AAAA " + host + ": " + (found.good.empty() ? std::string(found.failed ? "could not check" : "none usable") : join(found.good)));
    for (const auto& address : found.good) {
      Endpoint to;
      to.address = address;
      to.port = options.port;
      plan.hops.push_back(Hop{host, std::move(to)});
    }
  }
  if (plan.hops.empty()) plan.failure = no_address(domain, refused, failed, why);
  co_return plan;
}

Task<RoutePlan> find_smarthost(dns::Resolver& resolver, const Options& options) {
  Options only = options;
  only.allow_private_routes = true;
  const auto& host = options.smarthost->host;
  RoutePlan plan;
  Addresses found;
  if (plain_address(host)) {
    if (may_connect(host, only)) found.good.push_back(host);
  } else {
    found = co_await addresses_of(resolver, only, host);
  }
  for (const auto& address : found.good) plan.hops.push_back(Hop{host, Endpoint{address, options.smarthost->port}});
  plan.evidence.push_back("smarthost " + host + ": " + (found.good.empty() ? "no usable address" : join(found.good)));
  if (plan.hops.empty())
    plan.failure = later("4.4.3", "the smarthost " + host + " has no usable address" + (found.why.empty() ? "" : ": " + found.why) + "; check [smarthost] host");
  co_return plan;
}

}  // namespace posthorn::post
