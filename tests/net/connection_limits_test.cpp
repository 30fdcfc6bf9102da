#include "net/connection_limits.h"

#include <gtest/gtest.h>

namespace posthorn::net {
namespace {

boost::asio::ip::address ip(const char* text) {
  return boost::asio::ip::make_address(text);
}

TEST(ConnectionLimits, CountsAddressNetworkAndWideNetwork) {
  const struct {
    const char *one, *two;
    bool same_address, same_network, same_wide;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1", true, true, true},
      {"192.0.2.1", "192.0.2.2", false, true, true},
      {"192.0.2.1", "192.0.2.63", false, true, true},
      {"192.0.2.1", "192.0.2.64", false, false, true},
      {"192.0.0.1", "192.0.7.255", false, false, true},
      {"192.0.0.1", "192.0.8.0", false, false, false},
      {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true, true, true},
      {"2001:db8:0:1::1", "2001:db8:0:2::1", false, true, true},
      {"2001:db8:1::1", "2001:db8:2::1", false, false, true},
      {"2001:db8::1", "2001:db9::1", false, false, false},
      {"::ffff:192.0.2.1", "192.0.2.1", true, true, true},
  };
  for (const auto& c : cases) {
    const bool expected[] = {c.same_address, c.same_network, c.same_wide};
    for (int which = 0; which < 3; ++which) {
      ConnectionLimits limits(which == 0 ? 1 : 0, which == 1 ? 1 : 0, which == 2 ? 1 : 0);
      EXPECT_TRUE(limits.admit(ip(c.one)));
      EXPECT_EQ(limits.admit(ip(c.two)), !expected[which]) << c.one << " " << c.two << " limit " << which;
    }
  }
}

TEST(ConnectionLimits, ForgetsWhatIsReleased) {
  ConnectionLimits limits(1, 2, 3);
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(limits.admit(ip("192.0.2.1")));
    EXPECT_FALSE(limits.admit(ip("192.0.2.1")));
    EXPECT_TRUE(limits.admit(ip("192.0.2.2")));
    EXPECT_FALSE(limits.admit(ip("192.0.2.3")));
    EXPECT_TRUE(limits.admit(ip("192.0.2.100")));
    EXPECT_FALSE(limits.admit(ip("192.0.3.1")));
    for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.100"}) limits.release(ip(address));
    EXPECT_EQ(limits.tracked(), 0u);
  }
}

}  // namespace
}  // namespace posthorn::net
