// Domains that are made to be taken for another, and those that only happen to be near.
#include "mail/likeness.h"

#include <gtest/gtest.h>

namespace posthorn::mail {
namespace {

TEST(Likeness, names_of_one_organization) {
  EXPECT_TRUE(same_organization("www.example.org", "mail.EXAMPLE.org."));
  EXPECT_TRUE(same_organization("shop.example.co.uk", "example.co.uk"));
  EXPECT_FALSE(same_organization("one.co.uk", "two.co.uk"));
  EXPECT_FALSE(same_organization("example.org", "example.com"));
  EXPECT_FALSE(same_organization("example.org.evil.test", "example.org"));
}

TEST(Likeness, what_a_reader_may_take_for_a_domain_that_they_know) {
  struct Case {
    const char* domain;
    const char* known;
    bool like;
  };
  const Case cases[] = {
      {"paypa1.com", "paypal.com", true},
      {"xn--pypal-4ve.com", "paypal.com", true},        // a Cyrillic a
      {"p\xd0\xb0ypal.com", "paypal.com", true},
      {"exarnple.org", "example.org", true},            // r and n
      {"examplle.org", "example.org", true},
      {"exmaple.org", "example.org", true},
      {"exampel.org", "mail.example.org", true},
      {"mail.examp1e.org", "example.org", true},
      {"example.org", "example.org", false},
      {"mail.example.org", "example.org", false},
      {"example.com", "example.org", false},            // usual: the same name under two suffixes
      {"gmail.com", "ymail.com", false},                // short names are near each other by chance
      {"mailer1.net", "mailer2.net", false},
      {"unrelated.org", "example.org", false},
      {"", "example.org", false},
  };
  for (const auto& one : cases) EXPECT_EQ(looks_like(one.domain, one.known), one.like) << one.domain << " and " << one.known;
}

TEST(Likeness, only_scripts_that_no_language_mixes_are_noted) {
  EXPECT_TRUE(mixes_scripts("p\xd0\xb0ypal.com"));
  EXPECT_TRUE(mixes_scripts("xn--pypal-4ve.com"));
  EXPECT_FALSE(mixes_scripts("b\xc3\xbc" "cher.example"));
  EXPECT_FALSE(mixes_scripts("\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0.example"));  // all of one script
  EXPECT_FALSE(mixes_scripts("example.org"));
  EXPECT_FALSE(mixes_scripts(""));
}

}  // namespace
}  // namespace posthorn::mail
