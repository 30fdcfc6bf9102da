// How long to wait, and how many connections at once.
#include "post/backoff.h"

#include <gtest/gtest.h>

namespace posthorn::post {
namespace {

using std::chrono::seconds;

TEST(Backoff, DoublesUpToItsMost) {
  const auto middle = [](std::uint32_t rounds) { return backoff(rounds, seconds(300), seconds(4000), 500); };
  EXPECT_EQ(middle(0), seconds(300));
  EXPECT_EQ(middle(1), seconds(300));
  EXPECT_EQ(middle(2), seconds(600));
  EXPECT_EQ(middle(3), seconds(1200));
  EXPECT_EQ(middle(4), seconds(2400));
  EXPECT_EQ(middle(5), seconds(4000));
  EXPECT_EQ(middle(4'000'000'000u), seconds(4000));
}

TEST(Backoff, IsSpreadByAFifth) {
  for (std::uint64_t dice : {0ull, 1ull, 999ull, 12345678901234ull, ~0ull}) {
    const auto wait = backoff(1, seconds(300), seconds(4000), dice);
    EXPECT_GE(wait, seconds(240));
    EXPECT_LT(wait, seconds(360));
  }
  EXPECT_NE(backoff(1, seconds(300), seconds(4000), 0), backoff(1, seconds(300), seconds(4000), 999));
}

TEST(Concurrency, GrowsByOneAndHalves) {
  Concurrency c(5, 20);
  EXPECT_EQ(c.allowed(), 5u);
  c.good();
  EXPECT_EQ(c.allowed(), 6u);
  for (int i = 0; i < 100; ++i) c.good();
  EXPECT_EQ(c.allowed(), 20u);
  c.bad();
  EXPECT_EQ(c.allowed(), 10u);
  for (int i = 0; i < 100; ++i) c.bad();
  EXPECT_EQ(c.allowed(), 1u);
  c.good();
  EXPECT_EQ(c.allowed(), 2u);
  EXPECT_EQ(Concurrency(5, 2).allowed(), 2u);
}

}  // namespace
}  // namespace posthorn::post
