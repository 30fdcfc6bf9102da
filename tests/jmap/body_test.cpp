// The page of a message's frame: the HTML rebuilt, the message's own pictures in it, nothing from outside, nothing of other accounts.
#include "jmap/web/body.h"

#include <gtest/gtest.h>

#include "store/test_store.h"

namespace posthorn::jmap {
namespace {

constexpr auto letter =
    "From: a@blue.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    "<p onclick=alert(1)>Hello<script>alert(1)</script><img src=\"cid:logo%40x\"><img src=\"https://track.test/a.gif\">\r\n--x\r\n"
    "Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";

TEST(BodyPage, has_the_message_its_pictures_and_nothing_else) {
  store::TestStore test;
  const auto alice = test.add("alice@blue.test"), bob = test.add("bob@blue.test");
  ASSERT_TRUE(test.append(alice, letter));
  const auto page = body_page(test.store, alice, "M1", mail::html::Theme::light);
  ASSERT_TRUE(page && *page);
  EXPECT_TRUE((*page)->contains("<p>Hello<img src=\"data:image/png;base64,AAEC\"><img>")) << **page;
  EXPECT_FALSE((*page)->contains("alert"));
  EXPECT_FALSE((*page)->contains("track.test"));
  for (const char* none : {"M2", "", "M", "1", "M1-1", "BM1", "x"}) EXPECT_FALSE(body_page(test.store, alice, none, mail::html::Theme::light)->has_value()) << none;
  EXPECT_FALSE(body_page(test.store, bob, "M1", mail::html::Theme::light)->has_value());
}

TEST(BodyPage, of_plain_text_is_text) {
  store::TestStore test;
  const auto alice = test.add("alice@blue.test");
  ASSERT_TRUE(test.append(alice, "From: a@blue.test\r\n\r\n<script>alert(1)</script> & more\r\n"));
  const auto page = body_page(test.store, alice, "M1", mail::html::Theme::dark);
  EXPECT_TRUE((*page)->contains("<pre>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more")) << **page;
}

TEST(BodyPage, its_policy_runs_and_fetches_nothing) {
  const auto policy = body_policy();
  EXPECT_TRUE(policy.starts_with("default-src 'none'; img-src data:;"));
  EXPECT_TRUE(policy.contains("sandbox"));
  EXPECT_FALSE(policy.contains("allow-scripts"));
  EXPECT_FALSE(policy.contains("allow-same-origin"));
}

TEST(BodyPage, for_paper_has_a_head_whose_fields_are_text) {
  store::TestStore test;
  const auto alice = test.add("alice@blue.test");
  ASSERT_TRUE(test.append(alice, "From: \"<script>alert(1)</script>\" <a@blue.test>\r\nSubject: =?utf-8?Q?<img_src=3Dx>_&amp;?=\r\n\r\nHello\r\n"));
  const auto page = body_page(test.store, alice, "M1", mail::html::Theme::light, Purpose::printing);
  ASSERT_TRUE(page && *page);
  EXPECT_TRUE((*page)->contains("<b>Subject:</b> &lt;img src=x> &amp;amp;")) << **page;
  EXPECT_FALSE((*page)->contains("<script"));
  const auto policy = body_policy(Purpose::printing);
  EXPECT_TRUE(policy.starts_with("default-src 'none'; img-src data:;"));
  EXPECT_FALSE(policy.contains("allow-scripts"));
}

}  // namespace
}  // namespace posthorn::jmap
