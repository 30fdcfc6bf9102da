// attacks.md C5: one signed message sent to thousands (post/replayed.h).
#include "post/replayed.h"

#include <gtest/gtest.h>

namespace posthorn::post {
namespace {

using std::chrono::minutes;

const WallTime noon = WallTime(std::chrono::seconds(1'795'900'000));

trust::dkim::Signature signature(std::string bytes) {
  trust::dkim::Signature out;
  out.result = trust::dkim::Result::pass;
  out.domain = "blue.test";
  out.signature = std::move(bytes);
  return out;
}

std::vector<smtp::RcptTo> to(std::initializer_list<const char*> all) {
  std::vector<smtp::RcptTo> out;
  for (const auto* one : all) {
    out.emplace_back();
    out.back().recipient = *mail::parse_address(one);
  }
  return out;
}

TEST(Replayed, RecipientsWhoAreNamedDoNotCount) {
  const auto message = mail::parse("From: a@blue.test\r\nTo: Bob <Bob@green.test>, list:carol@green.test;\r\nCC:\r\n dave@GREEN.test\r\n\r\nHi\r\n");
  EXPECT_EQ(unnamed_recipients(message, to({"bob@green.test", "carol@green.test", "dave@green.test"})), 0u);
  EXPECT_EQ(unnamed_recipients(message, to({"bob@green.test", "eve@green.test", "frank@green.test"})), 2u);
}

TEST(Replayed, CountsEachSignatureWithinAnHour) {
  ReplayWatch watch(10);
  EXPECT_FALSE(watch.count(signature("one"), 10, noon));
  EXPECT_FALSE(watch.count(signature("two"), 10, noon));
  EXPECT_EQ(watch.count(signature("one"), 1, noon + minutes(59)), 11u);
  EXPECT_FALSE(watch.count(signature("one"), 0, noon + minutes(59)));
  EXPECT_FALSE(watch.count(signature("one"), 1, noon + minutes(61)));
  ReplayWatch off(0);
  EXPECT_FALSE(off.count(signature("one"), 1'000'000, noon));
}

TEST(Replayed, RemembersNoMoreThanItMay) {
  ReplayWatch watch(10, 100);
  EXPECT_FALSE(watch.count(signature("first"), 10, noon));
  for (int i = 0; i < 99; ++i) watch.count(signature(std::to_string(i)), 1, noon);
  EXPECT_TRUE(watch.count(signature("first"), 1, noon));
  watch.count(signature("one more"), 1, noon);  // the first goes
  EXPECT_FALSE(watch.count(signature("first"), 10, noon));
}

trust::Judgement proved_by_dkim() {
  trust::Judgement judgement;
  judgement.dkim.push_back(signature("b"));
  judgement.dmarc.dkim_aligned = true;
  return judgement;
}

TEST(Replayed, WhatIsReplayedGoesToJunkAndSaysWhy) {
  const auto message = mail::parse("From: a@blue.test\r\nTo: x@blue.test\r\n\r\nHi\r\n");
  trust::Facts facts;
  facts.ip = "192.0.2.7";
  facts.now = noon;
  trust::Rules rules;
  rules.trusted_forwarders = {"192.0.2.8"};
  ReplayWatch watch(2);
  for (int i = 0; i < 4; ++i) {
    auto judgement = proved_by_dkim();
    mind_replay(watch, message, to({"bob@green.test"}), facts, rules, judgement);
    EXPECT_EQ(judgement.disposition, i < 2 ? trust::Disposition::none : trust::Disposition::quarantine);
    if (i >= 2) {
      ASSERT_EQ(judgement.overrides.size(), 1u);
      EXPECT_EQ(judgement.overrides[0].type, "local_policy");
      EXPECT_NE(judgement.reason.find("signed once by blue.test, came for " + std::to_string(i + 1) + " recipients"), std::string::npos) << judgement.reason;
    }
  }
  auto own = proved_by_dkim();
  own.dmarc.spf_aligned = true;  // the domain's own servers
  mind_replay(watch, message, to({"bob@green.test"}), facts, rules, own);
  EXPECT_EQ(own.disposition, trust::Disposition::none);
  facts.ip = "192.0.2.8";
  auto forwarded = proved_by_dkim();
  mind_replay(watch, message, to({"bob@green.test"}), facts, rules, forwarded);
  EXPECT_EQ(forwarded.disposition, trust::Disposition::none);
}

}  // namespace
}  // namespace posthorn::post
