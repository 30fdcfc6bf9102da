#include "post/route.h"

#include <boost/asio/ip/address.hpp>
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "crypto/bytes.h"
#include "net/public_address.h"

namespace posthorn::post {
namespace {

constexpr std::size_t host_limit = 10, address_limit = 10;

smtp::Reply permanent(std::string enhanced, std::string text) { return {550, std::move(enhanced), std::move(text), {}}; }
smtp::Reply later(std::string enhanced, std::string text) { return {450, std::move(enhanced), std::move(text), {}}; }

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
  out.secure = a.security == dns::Security::secure && aaaa.security == dns::Security::secure;
  out.canonical = a.canonical_name.empty() ? host : a.canonical_name;
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

bool may_connect(const std::string& address, const Options& options) {
  const auto ip = net::plain_address(address);
  if (!ip) return false;
  if (std::ranges::any_of(options.own_addresses, [&ip](const std::string& own) { return net::plain_address(own) == ip; })) return false;
  const auto reach = net::reach_of(*ip);
  return reach == net::Reach::outside || (reach == net::Reach::inside && options.allow_private_routes);
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
      plan.hops.push_back(Hop{host, std::move(to), found.secure && answer.security == dns::Security::secure, found.canonical});
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
  if (net::plain_address(host)) {
    if (may_connect(host, only)) found.good.push_back(host);
  } else {
    found = co_await addresses_of(resolver, only, host);
  }
  for (const auto& address : found.good) plan.hops.push_back(Hop{host, Endpoint{address, options.smarthost->port}, false, host});
  plan.evidence.push_back("smarthost " + host + ": " + (found.good.empty() ? "no usable address" : join(found.good)));
  if (plan.hops.empty())
    plan.failure = later("4.4.3", "the smarthost " + host + " has no usable address" + (found.why.empty() ? "" : ": " + found.why) + "; check [smarthost] host");
  co_return plan;
}

}  // namespace posthorn::post
