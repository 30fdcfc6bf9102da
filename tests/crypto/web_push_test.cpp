// Web Push: the RFC's own example byte for byte, and keys that are none.
#include "crypto/web_push.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::crypto {
namespace {

std::string raw(std::string_view text) { return base64url_decode(text).value(); }

// rfc:8291#5 and its appendix A
TEST(WebPush, encrypts_the_example_of_the_rfc) {
  const auto sender = P256Key::from_private(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
  ASSERT_TRUE(sender);
  EXPECT_EQ(base64url_encode(sender->public_point()), "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
  const WebPushKeys keys{raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"), raw("BTBZMqHH6r4Tts7J_aSIgg")};
  const auto body = web_push_encrypt("When I grow up, I want to be a watermelon", keys, *sender, raw("DGv6ra1nlYgDCS1FRnbzlw"));
  ASSERT_TRUE(body);
  EXPECT_EQ(base64url_encode(*body), "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
                                     "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(WebPush, takes_no_keys_that_are_none_and_nothing_too_long) {
  const auto good = P256Key::generate().public_point();
  auto off_curve = good;
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  for (const auto& point : {std::string(), std::string(65, '\0'), std::string(1, '\4') + std::string(64, '\1'), off_curve, good.substr(0, 64), "\2" + good.substr(1, 32)})
    EXPECT_FALSE(web_push_encrypt("x", {point, std::string(16, 'a')})) << hex(point);
  EXPECT_FALSE(web_push_encrypt("x", {good, std::string(15, 'a')}));
  const auto full = web_push_encrypt(std::string(web_push_limit, 'x'), {good, std::string(16, 'a')});
  ASSERT_TRUE(full);
  EXPECT_LE(full->size(), 4096u);  // rfc:8030#7.2 what every push service takes
  EXPECT_FALSE(web_push_encrypt(std::string(web_push_limit + 1, 'x'), {good, std::string(16, 'a')}));
}

// rfc:8292#2
TEST(WebPush, the_services_know_us_by_a_signed_token) {
  const auto key = P256Key::generate();
  const auto value = vapid_authorization(key, "https://push.example", "mailto:postmaster@blue.test", WallTime(std::chrono::seconds(1'000'000)));
  ASSERT_TRUE(value.starts_with("vapid t="));
  const auto comma = value.find(", k=");
  ASSERT_NE(comma, std::string::npos);
  EXPECT_EQ(raw(value.substr(comma + 4)), key.public_point());
  const auto token = value.substr(8, comma - 8);
  const auto parts = split(token, '.');
  ASSERT_EQ(parts.size(), 3u);
  const auto claims = boost::json::parse(raw(parts[1])).as_object();
  EXPECT_EQ(claims.at("aud"), "https://push.example");
  EXPECT_EQ(claims.at("exp").as_int64(), 1'000'000 + 12 * 3600);
  EXPECT_EQ(claims.at("sub"), "mailto:postmaster@blue.test");
  EXPECT_TRUE(p256_verify_raw(key.public_point(), token.substr(0, token.rfind('.')), raw(parts[2])));
  EXPECT_FALSE(p256_verify_raw(key.public_point(), "other", raw(parts[2])));
  EXPECT_FALSE(p256_verify_raw(P256Key::generate().public_point(), token.substr(0, token.rfind('.')), raw(parts[2])));
}

TEST(P256, keys_come_back_from_their_bytes_and_both_sides_find_one_secret) {
  const auto a = P256Key::generate(), b = P256Key::generate();
  const auto again = P256Key::from_private(a.private_bytes());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_point(), a.public_point());
  EXPECT_EQ(a.shared_secret(b.public_point()).value(), b.shared_secret(a.public_point()).value());
  for (const auto& bad : {std::string(), std::string(32, '\0'), std::string(32, '\xff'), std::string(31, 'a'), std::string(33, 'a')}) EXPECT_FALSE(P256Key::from_private(bad));
}

}  // namespace
}  // namespace posthorn::crypto
