#include "net/token_buckets.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "net/costs.h"

namespace posthorn::net {
namespace {

using namespace std::chrono_literals;
constexpr Rate ten{10, 10};
const SteadyTime start{std::chrono::hours(5)};

TEST(TokenBuckets, GiveTheBurstAtOnceAndThenWhatComesBack) {
  TokenBuckets buckets(1 << 16);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(buckets.take("auth", "a", ten, 1, start)) << i;
  EXPECT_FALSE(buckets.take("auth", "a", ten, 1, start));
  EXPECT_NEAR(buckets.taken("auth", "a", ten, start), 10, 1e-6);
  EXPECT_TRUE(buckets.take("auth", "b", ten, 1, start)) << "another is not asked";
  EXPECT_TRUE(buckets.take("rcpt", "a", ten, 1, start)) << "another kind is another bucket";
  EXPECT_FALSE(buckets.take("auth", "a", ten, 1, start + 5min));
  EXPECT_TRUE(buckets.take("auth", "a", ten, 1, start + 6min));
  EXPECT_FALSE(buckets.take("auth", "a", ten, 1, start + 6min));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(buckets.take("auth", "a", ten, 1, start + 10h)) << "never more than the burst: " << i;
  EXPECT_FALSE(buckets.take("auth", "a", ten, 1, start + 10h));
}

TEST(TokenBuckets, WhatIsGivenBackMayBeTakenAgain) {
  TokenBuckets buckets(1 << 16);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(buckets.take("auth", "a", ten, 1, start));
    buckets.refund("auth", "a", ten, 1, start);
  }
  EXPECT_NEAR(buckets.taken("auth", "a", ten, start), 0, 1e-6);
  buckets.refund("auth", "a", ten, 100, start);
  EXPECT_FALSE(buckets.has("auth", "a", ten, 11, start)) << "nobody saves up more than the burst";
}

TEST(TokenBuckets, NobodyOwesMoreThanAnotherBurst) {
  TokenBuckets buckets(1 << 16);
  for (int i = 0; i < 1000; ++i) buckets.spend("auth", "a", ten, 1, start);
  EXPECT_NEAR(buckets.taken("auth", "a", ten, start), 20, 1e-6);
  EXPECT_FALSE(buckets.has("auth", "a", ten, 1, start + 65min));
  EXPECT_TRUE(buckets.has("auth", "a", ten, 1, start + 66min));
}

// 60 addresses of a /26 together have three times what one has; a /21 nine times.
TEST(TokenBuckets, AnAddressIsCountedWithItsNetworks) {
  TokenBuckets buckets(1 << 16);
  const auto most = [&buckets](const std::vector<std::string>& from) {
    int count = 0;
    for (int round = 0; round < 100; ++round)
      for (const auto& address : from) count += buckets.take_of_networks("auth", address, ten, 1, start) ? 1 : 0;
    return count;
  };
  std::vector<std::string> network, wide, v6;
  for (int i = 0; i < 60; ++i) network.push_back("192.0.2." + std::to_string(i));
  for (int i = 0; i < 8; ++i)
    for (int k = 0; k < 4; ++k) wide.push_back("198.51." + std::to_string(i) + "." + std::to_string(64 * k + 1));
  for (int i = 0; i < 200; ++i) v6.push_back("2001:db8:0:" + std::to_string(i) + "::1");
  EXPECT_EQ(most({"203.0.113.9"}), 10);
  EXPECT_EQ(most(network), 30);
  EXPECT_EQ(most(wide), 90);
  EXPECT_EQ(most(v6), 30);
  EXPECT_EQ(most({"no address"}), 10);
  EXPECT_FALSE(buckets.networks_have("auth", "192.0.2.63", ten, 1, start)) << "a new address in a network that has spent all";
  EXPECT_TRUE(buckets.networks_have("auth", "192.0.2.64", ten, 1, start));
  buckets.refund_to_networks("auth", "192.0.2.1", ten, 1, start);
  EXPECT_TRUE(buckets.networks_have("auth", "192.0.2.63", ten, 1, start));
}

TEST(TokenBuckets, AgreeWithACountThatForgetsNothing) {
  TokenBuckets buckets(1 << 20);
  std::map<int, std::pair<double, SteadyTime>> model;  // owed, as of
  std::mt19937 random(7);
  auto now = start;
  for (int i = 0; i < 200'000; ++i) {
    now += std::chrono::milliseconds(random() % 2000);
    const int who = static_cast<int>(random() % 500);
    const double cost = 1 + random() % 4;
    auto& [owed, as_of] = model[who];
    owed = std::max(0.0, owed - std::chrono::duration<double>(now - as_of).count() * ten.per_hour / 3600);
    as_of = now;
    const bool fits = owed + cost <= ten.burst;
    if (std::abs(owed + cost - ten.burst) < 1e-6) continue;  // either will do
    ASSERT_EQ(buckets.take("x", std::to_string(who), ten, cost, now), fits) << i;
    if (fits) owed += cost;
  }
}

// hardening.md 5.6: a table of fixed size, and a flood of others takes nobody's penalty away.
TEST(TokenBuckets, APenaltyOutlivesAFloodOfOthers) {
  TokenBuckets buckets(64 << 10);
  EXPECT_LE(buckets.bytes(), 64u << 10);
  std::vector<std::string> debtors;
  for (int i = 0; i < 50; ++i) debtors.push_back("debtor " + std::to_string(i));
  for (const auto& one : debtors) buckets.spend("auth", one, ten, 10, start);
  for (int i = 0; i < 1'000'000; ++i) buckets.spend("auth", "other " + std::to_string(i), ten, 1, start);
  for (const auto& one : debtors) EXPECT_FALSE(buckets.has("auth", one, ten, 1, start + 5min)) << one;
  for (const auto& one : debtors) EXPECT_TRUE(buckets.has("auth", one, ten, 1, start + 61min)) << one;
  // Who comes new owes nothing.
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(buckets.has("auth", "stranger " + std::to_string(i), ten, 10, start)) << i;
  EXPECT_LE(buckets.bytes(), 64u << 10);
}

TEST(TokenBuckets, TheUsualTableIsSixteenMebibytes) { EXPECT_LE(TokenBuckets().bytes(), 16u << 20); }

TEST(TokenBuckets, CostsLeaveRoomForMistakes) {
  TokenBuckets buckets(1 << 16);
  int failures = 0;
  while (buckets.take_of_networks("auth", "192.0.2.1", cost::login_tokens, cost::failed_login, start)) ++failures;
  EXPECT_EQ(failures, 30);
}

}  // namespace
}  // namespace posthorn::net
