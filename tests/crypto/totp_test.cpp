// One-time codes: the tables of RFC 4226 and 6238, the window of one step each way, and that each counts once.
#include "crypto/totp.h"

#include <gtest/gtest.h>

namespace posthorn::crypto {
namespace {

constexpr std::string_view secret = "12345678901234567890";

// rfc:4226 appendix D
TEST(Totp, the_table_of_rfc_4226) {
  constexpr std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(hotp(secret, i), codes[i]) << i;
}

// rfc:6238 appendix B, the rows of SHA-1
TEST(Totp, the_table_of_rfc_6238) {
  constexpr std::pair<std::int64_t, std::string_view> rows[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
                                                                {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& [time, code] : rows) EXPECT_EQ(hotp(secret, totp_step(WallTime(std::chrono::seconds(time))), 8), code) << time;
}

TEST(Totp, a_code_is_good_one_step_early_and_late_and_once) {
  const WallTime now(std::chrono::seconds(1'700'000'010));
  const auto step = totp_step(now);
  EXPECT_EQ(totp_check(secret, hotp(secret, step), now, 0), step);
  EXPECT_EQ(totp_check(secret, hotp(secret, step - 1), now, 0), step - 1);
  EXPECT_EQ(totp_check(secret, hotp(secret, step + 1), now, 0), step + 1);
  EXPECT_EQ(totp_check(secret, hotp(secret, step - 2), now, 0), std::nullopt);
  EXPECT_EQ(totp_check(secret, hotp(secret, step + 2), now, 0), std::nullopt);
  // rfc:6238#5.2 "the verifier MUST NOT accept the second attempt of the OTP after the successful validation"
  EXPECT_EQ(totp_check(secret, hotp(secret, step), now, step), std::nullopt);
  EXPECT_EQ(totp_check(secret, hotp(secret, step), now, step + 1), std::nullopt);
  const auto code = hotp(secret, step);
  EXPECT_EQ(totp_check(secret, code.substr(0, 3) + " " + code.substr(3), now, 0), step);
  for (const std::string& bad : {std::string(), code.substr(1), "0" + code, std::string("abcdef"), std::string("-12345")}) EXPECT_EQ(totp_check(secret, bad, now, 0), std::nullopt) << bad;
  EXPECT_EQ(totp_check("", hotp("", step), now, 0), std::nullopt);
}

// rfc:4648#10
TEST(Totp, secrets_are_shown_in_base32) {
  constexpr std::pair<std::string_view, std::string_view> rows[] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(base32_encode(bytes), text);
    EXPECT_EQ(base32_decode(text), bytes);
  }
  EXPECT_EQ(base32_decode("mzxw 6ytb oi"), "foobar");
  for (const auto* bad : {"M", "MZ1", "MZXW6YTBO", "MZ", "MY==", "M0"}) EXPECT_EQ(base32_decode(bad), std::nullopt) << bad;
  EXPECT_EQ(totp_url(secret, "Blue Mail", "alice@blue.test"), "otpauth://totp/Blue%20Mail:alice@blue.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Blue%20Mail");
}

}  // namespace
}  // namespace posthorn::crypto
