#include "net/pressure.h"

#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "net/account_connections.h"

namespace posthorn::net {
namespace {

struct House {
  boost::asio::io_context context{1};
  VirtualClock clock{context};
  TokenBuckets buckets{1u << 20};
  Pressure pressure{{10, 1000, 100}, buckets, clock};
};

TEST(Pressure, IsThatOfTheResourceThatIsNearestToItsEnd) {
  House h;
  EXPECT_FALSE(h.pressure.stressed());
  for (int i = 0; i < 8; ++i) h.pressure.opened();
  EXPECT_TRUE(h.pressure.stressed());
  EXPECT_FALSE(h.pressure.full());
  h.pressure.opened();
  h.pressure.opened();
  EXPECT_TRUE(h.pressure.full());
  for (int i = 0; i < 10; ++i) h.pressure.closed();
  EXPECT_FALSE(h.pressure.stressed());
  h.pressure.measured(850, 0);
  EXPECT_TRUE(h.pressure.stressed());
  EXPECT_FALSE(h.pressure.full());
  h.pressure.measured(900, 0);
  EXPECT_TRUE(h.pressure.full());
  h.pressure.measured(0, 99);
  EXPECT_TRUE(h.pressure.stressed());
  EXPECT_FALSE(h.pressure.full()) << "commits end by themselves";
}

TEST(Pressure, RemembersWhoWasGoodForAMonth) {
  House h;
  EXPECT_FALSE(h.pressure.knows("192.0.2.1"));
  h.pressure.remember("192.0.2.1");
  EXPECT_TRUE(h.pressure.knows("192.0.2.1"));
  EXPECT_FALSE(h.pressure.knows("192.0.2.2"));
  h.clock.advance(std::chrono::hours(29 * 24));
  EXPECT_TRUE(h.pressure.knows("192.0.2.1"));
  h.clock.advance(std::chrono::hours(2 * 24));
  EXPECT_FALSE(h.pressure.knows("192.0.2.1"));
}

TEST(AccountConnections, AreCountedByAccountAndByAddress) {
  const auto limits = std::make_shared<AccountConnections>(2, 3);
  auto a = limits->admit("alice", "192.0.2.1"), b = limits->admit("alice", "192.0.2.1");
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(limits->admit("alice", "192.0.2.1"));
  EXPECT_TRUE(limits->admit("bob", "192.0.2.1"));
  const auto c = limits->admit("alice", "192.0.2.2");
  EXPECT_TRUE(c);
  EXPECT_FALSE(limits->admit("alice", "192.0.2.3")) << "three in all";
  a.reset();
  EXPECT_TRUE(limits->admit("alice", "192.0.2.3"));
}

}  // namespace
}  // namespace posthorn::net
