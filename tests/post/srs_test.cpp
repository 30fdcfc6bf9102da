// Addresses of ours for mail that an alias sends on (post/srs.h).
#include "post/srs.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

using std::chrono::days;

const WallTime today = WallTime(std::chrono::seconds(1'795'900'000));
const SrsMac ours = [](std::string_view text) { return crypto::hmac_sha256("our key", text); };
const SrsMac theirs = [](std::string_view text) { return crypto::hmac_sha256("their key", text); };

TEST(Srs, ANoticeFindsTheWayBack) {
  for (const auto* text : {"alice@blue.test", "\"a b\"@blue.test", "a=b=c@xn--bcher-kva.test", "x+y@[192.0.2.1]", "Some.Body@blue.test"}) {
    const auto from = mail::parse_address(text);
    ASSERT_TRUE(from) << text;
    const auto sent_as = *srs_forward(*from, "green.test", ours, today);
    EXPECT_TRUE(is_srs(sent_as));
    EXPECT_EQ(sent_as.domain, "green.test");
    const auto parsed = mail::parse_address(sent_as.text());
    ASSERT_TRUE(parsed) << sent_as.text();
    for (const auto age : {days(0), days(20), days(-1)}) {
      const auto back = srs_reverse(*parsed, ours, today + age);
      ASSERT_TRUE(back) << sent_as.text();
      EXPECT_EQ(back->text(), from->text());
    }
    EXPECT_FALSE(srs_reverse(*parsed, ours, today + days(23)));
    EXPECT_FALSE(srs_reverse(*parsed, theirs, today));
  }
}

TEST(Srs, AnAddressThatLostItsCapitalsIsStillOurs) {
  const auto sent_as = *srs_forward({"Some.Body", "blue.test"}, "green.test", ours, today);
  const auto back = srs_reverse({to_upper(sent_as.local), "GREEN.test"}, ours, today);
  ASSERT_TRUE(back);
  EXPECT_EQ(to_lower(back->text()), "some.body@blue.test");
}

TEST(Srs, WhatWasRewrittenBeforeIsWrappedOnceAndGoesBackToItsFirstForwarder) {
  const auto first = *srs_forward({"alice", "blue.test"}, "green.test", theirs, today);
  auto second = *srs_forward(first, "red.test", ours, today);
  EXPECT_TRUE(second.local.starts_with("SRS1=")) << second.local;
  const auto back = srs_reverse(second, ours, today);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, first);
  auto length = second.local.size();
  for (int hop = 0; hop < 10; ++hop) {  // however many hops there are, it grows no longer
    second = *srs_forward(second, "pink.test", ours, today);
    EXPECT_EQ(second.local.size(), length);
    const auto again = srs_reverse(second, ours, today);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, first);
  }
}

TEST(Srs, WhatWouldBeLongerThanALocalPartMayBeIsLeftAsItIs) {
  const mail::Address long_one{std::string(40, 'a'), "blue.test"};
  EXPECT_FALSE(srs_forward(long_one, "green.test", ours, today));
  EXPECT_TRUE(srs_forward({std::string(37, 'a'), "blue.test"}, "green.test", ours, today));
}

TEST(Srs, NobodyElseCanMakeOrChangeOne) {
  const auto good = *srs_forward({"alice", "blue.test"}, "green.test", ours, today);
  EXPECT_FALSE(srs_reverse({good.local, "other.test"}, ours, today));
  for (std::size_t i = 5; i < good.local.size(); ++i) {
    auto changed = good;
    changed.local[i] = changed.local[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(srs_reverse(changed, ours, today)) << changed.local;
  }
  for (const auto* local : {"SRS0", "SRS0=", "SRS0==", "SRS0=a=b", "SRS0=a=b=c=d", "SRS1=a=b=c=d", "SRS1====", "SRS2=a=b=c=d", "srs0=aaaaaaaa=aa=blue.test=", "SRS0+a=b=c=d"})
    EXPECT_FALSE(srs_reverse({local, "green.test"}, ours, today)) << local;
}

}  // namespace
}  // namespace posthorn::post
