// Where mail for a domain goes: order, addresses that are refused, and what each state of the DNS amounts to.
#include "post/route.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "dns/zone_resolver.h"

namespace posthorn::post {
namespace {

Options options() {
  Options o;
  o.host_name = "mx.blue.test";
  o.own_addresses = {"203.0.113.5", "2001:db8::5", "8.8.4.4", "2a00::5"};
  return o;
}

MxOrder order(std::vector<dns::Mx> records, const Random& random = [](std::size_t) { return std::size_t{0}; }) {
  return order_mx(std::move(records), options(), random);
}
using Hosts = std::vector<std::string>;

TEST(MxOrder, IsByPreference) {
  EXPECT_EQ(order({{20, "b"}, {10, "a"}, {65535, "d"}, {30, "c"}}).hosts, (Hosts{"a", "b", "c", "d"}));
  EXPECT_EQ(order({}).hosts, Hosts{});
  EXPECT_EQ(order({{10, "a"}, {20, "a"}}).hosts, Hosts{"a"});
}

TEST(MxOrder, LeavesUsAndAllBehindUsOut) {
  EXPECT_EQ(order({{10, "a"}, {20, "mx.blue.test"}, {20, "b"}, {30, "c"}}).hosts, Hosts{"a"});
  EXPECT_TRUE(order({{10, "mx.blue.test"}, {20, "b"}}).loops);
  EXPECT_TRUE(order({{10, "mx.blue.test"}}).hosts.empty());
  EXPECT_FALSE(order({{10, "a"}, {20, "mx.blue.test"}}).loops);
  // Named twice: the better of the two counts.
  EXPECT_TRUE(order({{10, "mx.blue.test"}, {20, "b"}, {30, "mx.blue.test"}}).loops);
  auto o = options();
  o.host_name = "MX.Blue.Test";
  EXPECT_TRUE(order_mx({{10, "mx.blue.test"}}, o, [](std::size_t) { return std::size_t{0}; }).loops);
}

TEST(MxOrder, ShufflesEquals) {
  std::map<std::string, int> first;
  std::size_t dice = 0;
  for (int i = 0; i < 600; ++i) {
    const auto got = order({{10, "a"}, {10, "b"}, {10, "c"}, {20, "d"}}, [&dice](std::size_t bound) { return (dice = dice * 1103515245 + 12345) / 65536 % bound; });
    ASSERT_EQ(got.hosts.size(), 4u);
    EXPECT_EQ(got.hosts[3], "d");
    ++first[got.hosts[0]];
  }
  for (const auto* host : {"a", "b", "c"}) EXPECT_GT(first[host], 100) << host;
}

TEST(MxOrder, TakesTenAtMost) {
  std::vector<dns::Mx> many;
  for (int i = 0; i < 1000; ++i) many.push_back({static_cast<std::uint16_t>(i), "h" + std::to_string(i)});
  const auto got = order(many);
  ASSERT_EQ(got.hosts.size(), 10u);
  EXPECT_EQ(got.hosts[9], "h9");
}

TEST(MayConnect, OnlyToTheInternet) {
  enum Verdict { yes, lab, no };  // lab: only with allow_private_routes
  struct Row { const char* address; Verdict verdict; };
  const Row rows[] = {
      {"8.8.8.8", yes}, {"1.1.1.1", yes}, {"223.255.255.255", yes}, {"2606:4700::1111", yes}, {"2a00:1450::1a", yes}, {"3ffe::1", yes},
      {"0.0.0.0", no}, {"0.1.2.3", no}, {"169.254.169.254", no}, {"224.0.0.1", no}, {"239.255.255.255", no}, {"240.0.0.1", no},
      {"255.255.255.255", no},
      {"10.0.0.1", lab}, {"10.255.255.255", lab}, {"9.255.255.255", yes}, {"11.0.0.0", yes}, {"100.64.0.1", lab}, {"100.127.255.255", lab},
      {"100.63.255.255", yes}, {"100.128.0.0", yes}, {"127.0.0.1", lab}, {"127.255.255.255", lab}, {"172.16.0.1", lab},
      {"172.31.255.255", lab}, {"172.15.255.255", yes}, {"172.32.0.0", yes}, {"192.0.0.1", lab}, {"192.0.2.1", lab}, {"192.88.99.1", lab},
      {"192.168.255.255", lab}, {"192.167.255.255", yes}, {"198.18.0.1", lab}, {"198.19.255.255", lab}, {"198.20.0.0", yes},
      {"198.51.100.9", lab}, {"203.0.113.9", lab},
      {"::", no}, {"::1", lab}, {"ff02::1", no}, {"fe80::1", no}, {"febf::1", no}, {"fec0::1", lab}, {"fc00::1", lab}, {"fdff::1", lab},
      {"2001:db8::1", lab}, {"3fff::1", lab}, {"3fff:fff::1", lab}, {"100::1", lab}, {"2001::1", lab}, {"2001:2::1", lab}, {"2001:10::1", lab},
      {"2001:1ff::1", lab}, {"2001:200::1", yes}, {"2002:7f00:1::", lab}, {"64:ff9b::7f00:1", lab}, {"64:ff9b:1::1", lab}, {"::7f00:1", lab},
      {"4000::1", lab},
      {"::ffff:127.0.0.1", lab}, {"::ffff:169.254.169.254", no}, {"::ffff:8.8.8.8", yes}, {"::ffff:0.0.0.0", no},
      {"203.0.113.5", no}, {"2001:db8::5", no}, {"2001:DB8:0::5", no}, {"8.8.4.4", no}, {"::ffff:8.8.4.4", no}, {"2a00:0::5", no},
      {"", no}, {"example.org", no}, {"8.8.8", no}, {"8.8.8.8 ", no}, {"[8.8.8.8]", no}, {"010.0.0.1x", no},
  };
  for (const auto& row : rows) {
    auto o = options();
    EXPECT_EQ(may_connect(row.address, o), row.verdict == yes) << row.address;
    o.allow_private_routes = true;
    EXPECT_EQ(may_connect(row.address, o), row.verdict != no) << row.address;
  }
}

const char* zone_text = R"($ORIGIN test.
$TTL 60
green IN MX 10 mx.green
green IN MX 20 mx2.green
mx.green IN A 8.8.8.1
mx.green IN AAAA 2a00::1
mx2.green IN A 8.8.8.2
implicit IN A 8.8.8.3
null IN MX 0 .
nullplus IN MX 0 .
nullplus IN MX 10 mx.green
cname IN CNAME green
mxcname IN MX 10 alias
alias IN CNAME mx.green
noaddress IN MX 10 nothing
nothing IN TXT "x"
empty IN TXT "x"
gone IN MX 10 never
private IN MX 10 inside
inside IN A 127.0.0.1
mixed IN MX 10 inside
mixed IN MX 20 mx2.green
ours IN MX 10 mx.blue
mx.blue IN A 8.8.4.4
selfmx IN MX 10 other
other IN A 8.8.4.4
servfail IN MX 10 mx.green
halffail IN MX 10 broken
broken IN A 8.8.8.4
partly IN MX 10 broken
partly IN MX 20 mx2.green
)";

RoutePlan route(const std::string& domain, Options o = options()) {
  std::string text = zone_text;
  for (int i = 0; i < 15; ++i) {
    text += "many IN MX " + std::to_string(i) + " h" + std::to_string(i) + ".many\n";
    for (int j = 1; j < 15; ++j) text += "h" + std::to_string(i) + ".many IN A 9.0." + std::to_string(i) + "." + std::to_string(j) + "\n";
  }
  auto zone = dns::parse_zone(text);
  EXPECT_TRUE(zone) << zone.error().text();
  auto resolver = dns::zone_resolver(std::move(*zone), {.secure = {}, .failing = {"servfail.test", "broken.test"}, .bogus = {"bogus.test"}});
  boost::asio::io_context context;
  RoutePlan plan;
  boost::asio::co_spawn(context, find_route(*resolver, o, domain), [&plan](std::exception_ptr bug, RoutePlan got) {
    if (bug) std::rethrow_exception(bug);
    plan = std::move(got);
  });
  context.run();
  EXPECT_FALSE(plan.evidence.empty() && domain != "ours.test") << domain;
  return plan;
}

std::string hops(const RoutePlan& plan) {
  std::string out;
  for (const auto& hop : plan.hops) out += hop.host + "=" + hop.to.text() + " ";
  return out;
}

TEST(FindRoute, FollowsTheMailExchangers) {
  EXPECT_EQ(hops(route("green.test")), "mx.green.test=[2a00::1]:25 mx.green.test=8.8.8.1:25 mx2.green.test=8.8.8.2:25 ");
  EXPECT_EQ(hops(route("implicit.test")), "implicit.test=8.8.8.3:25 ");
  EXPECT_EQ(hops(route("cname.test")), hops(route("green.test")));
  EXPECT_EQ(hops(route("mxcname.test")), "alias.test=[2a00::1]:25 alias.test=8.8.8.1:25 ");
  EXPECT_EQ(hops(route("mixed.test")), "mx2.green.test=8.8.8.2:25 ");
  EXPECT_EQ(hops(route("nullplus.test")), "mx.green.test=[2a00::1]:25 mx.green.test=8.8.8.1:25 ");
  EXPECT_EQ(hops(route("partly.test")), "mx2.green.test=8.8.8.2:25 ");
}

TEST(FindRoute, SaysWhyThereIsNone) {
  struct Row { const char* domain; int code; const char* enhanced; };
  for (const auto& row : {Row{"null.test", 556, "5.1.10"}, Row{"unknown.test", 550, "5.1.2"}, Row{"noaddress.test", 550, "5.4.4"},
                          Row{"gone.test", 550, "5.4.4"}, Row{"empty.test", 550, "5.4.4"}, Row{"private.test", 550, "5.4.4"},
                          Row{"ours.test", 550, "5.4.6"}, Row{"selfmx.test", 550, "5.4.4"},
                          // faults.md 7: what cannot be known now is never a reason to give up.
                          Row{"servfail.test", 450, "4.4.3"}, Row{"bogus.test", 450, "4.4.3"}, Row{"halffail.test", 450, "4.4.3"}}) {
    const auto plan = route(row.domain);
    EXPECT_TRUE(plan.hops.empty()) << row.domain << hops(plan);
    EXPECT_EQ(plan.failure.code, row.code) << row.domain << " " << plan.failure.text;
    EXPECT_EQ(plan.failure.enhanced, row.enhanced) << row.domain;
    EXPECT_NE(plan.failure.text, "") << row.domain;
  }
}

TEST(FindRoute, TakesTenHostsOfTenAddresses) { EXPECT_EQ(route("many.test").hops.size(), 100u); }

TEST(FindRoute, GoesInsideIfTold) {
  auto o = options();
  o.allow_private_routes = true;
  EXPECT_EQ(hops(route("private.test", o)), "inside.test=127.0.0.1:25 ");
}

}  // namespace
}  // namespace posthorn::post
