#include <gtest/gtest.h>

#include "dns/resolver.h"

namespace posthorn::dns {
namespace {

using namespace std::string_literals;

TEST(DnsName, KnowsWhatMayBeAsked) {
  const std::pair<std::string, bool> cases[] = {
      {"blue.test", true},
      {"BLUE.test", true},
      {"_dmarc.blue.test", true},
      {"selector1._domainkey.blue.test", true},
      {"xn--bcher-kva.test", true},
      {"test", true},
      {"1.0.0.127.in-addr.arpa", true},
      {"", false},
      {".", false},
      {"blue.test.", false},
      {".blue.test", false},
      {"blue..test", false},
      {"blue test", false},
      {"blue.test\0.evil"s, false},
      {"a\\.b.test", false},
      {"b\xc3\xbc"
       "cher.test",
       false},
      {"legit'a.attack.com", false},
      {"legit(.attack.com", false},
      {std::string(63, 'a') + ".test", true},
      {std::string(64, 'a') + ".test", false},
  };
  for (const auto& [name, want] : cases) EXPECT_EQ(is_valid_name(name), want) << name;
  std::string longest;
  while (longest.size() < 250) longest += "a.";
  EXPECT_TRUE(is_valid_name(longest + "abc"));    // 253
  EXPECT_FALSE(is_valid_name(longest + "abcd"));  // 254
}

TEST(DnsName, TurnsAddressesAround) {
  const std::pair<std::string, std::string> cases[] = {
      {"192.0.2.1", "1.2.0.192.in-addr.arpa"},
      {"::ffff:192.0.2.1", "1.2.0.192.in-addr.arpa"},
      {"2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
      {"192.0.2", ""},
      {"192.0.2.1.", ""},
      {"192.0.2.256", ""},
      {"192.0.2.1\0"s, ""},
      {"mx.test", ""},
      {"", ""},
  };
  for (const auto& [address, want] : cases) EXPECT_EQ(reverse_name(address), want) << address;
}

}  // namespace
}  // namespace posthorn::dns
