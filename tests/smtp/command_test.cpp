#include "smtp/grammar/command.h"

#include <gtest/gtest.h>

#include "smtp/grammar/xtext.h"

namespace posthorn::smtp {
namespace {

TEST(CommandLine, IsSplitAtTheFirstBlank) {
  const auto line = split_command("MAIL  FROM:<a@b>  ");
  EXPECT_EQ(line.verb, "MAIL");
  EXPECT_EQ(line.arguments, "FROM:<a@b>");
  EXPECT_EQ(split_command("").verb, "");
  EXPECT_EQ(split_command("   ").verb, "");
}

TEST(Helo, TakesNamesAndLiterals) {
  for (const auto* good : {"mx.blue.test", "[192.0.2.1]", "[IPv6:2001:db8::1]", "WIN_PC", "localhost"}) EXPECT_TRUE(parse_helo(good)) << good;
  for (const auto* bad : {"", "a b", "<script>", "a\"b", "a\tb", "\xc3\xa4.test", "a(b)", "a;b"}) EXPECT_FALSE(parse_helo(bad)) << bad;
  EXPECT_FALSE(parse_helo(std::string(256, 'a')));
}

TEST(Mail, HasParameters) {
  const auto mail = parse_mail("from:<Bob.X@Green.Test> size=123 body=8bitmime ret=full envid=QQ+2B1 SMTPUTF8 AUTH=bob+40x", {true, false});
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->reverse_path.local, "Bob.X");
  EXPECT_EQ(mail->reverse_path.domain, "green.test");
  EXPECT_EQ(mail->size, 123U);
  EXPECT_EQ(mail->body, Body::eight_bit_mime);
  EXPECT_EQ(mail->ret, Ret::full);
  EXPECT_EQ(mail->envid, "QQ+1");
  EXPECT_TRUE(mail->smtputf8);
  const auto null = parse_mail("FROM:<>", {true, false});
  ASSERT_TRUE(null);
  EXPECT_TRUE(null->reverse_path.empty());
}

TEST(Mail, RefusesWhatIsNotInTheGrammar) {
  struct Case { std::string arguments; std::uint16_t code; };
  const Case cases[] = {
      {"", 501}, {"<a@b.test>", 501}, {"FROM", 501}, {"FROM:", 501}, {"FROM:<a@b.test", 501}, {"FROM:a@b.test", 501}, {"TO:<a@b.test>", 501},
      {"FROM:<\"a@b.test>", 501}, {"FROM:<a@b.test> =1", 501}, {"FROM:<a@b.test> SIZE", 501}, {"FROM:<a@b.test> SIZE=", 501},
      {"FROM:<a@b.test> SIZE=-1", 501}, {"FROM:<a@b.test> SIZE=99999999999999999999999", 501}, {"FROM:<a@b.test> BODY=9BIT", 501},
      {"FROM:<a@b.test> RET=x", 501}, {"FROM:<a@b.test> RET=FULL RET=FULL", 501}, {"FROM:<a@b.test> ENVID=a+0a", 501}, {"FROM:<a@b.test> ENVID=a+0A", 501},
      {"FROM:<a@b.test> ENVID=+00", 501}, {"FROM:<a@b.test> SMTPUTF8=1", 501}, {"FROM:<a@b.test> AUTH=", 501}, {"FROM:<a@b.test> AUTH=a+0Db", 501},
      {"FROM:<a@b.test> X=1", 555}, {"FROM:<a@b.test> NOTIFY=NEVER", 555}, {"FROM:<a@b.test>\tSIZE=1", 501},
      {"FROM:<a@b.test> ENVID=" + std::string(101, 'x'), 501},
  };
  for (const auto& c : cases) {
    const auto mail = parse_mail(c.arguments, {true, false});
    ASSERT_FALSE(mail) << c.arguments;
    EXPECT_EQ(mail.error().code, c.code) << c.arguments;
    EXPECT_TRUE(mail.error().enhanced.starts_with("5.")) << c.arguments;
  }
  EXPECT_EQ(parse_mail("FROM:<a@b.test> SIZE=1", {false, false}).error().code, 555) << "after HELO";
}

TEST(Rcpt, HasParameters) {
  const auto rcpt = parse_rcpt("TO:<\"x y\"@blue.test> notify=success,FAILURE orcpt=RFC822;a+2Bb@c.test", {true, false});
  ASSERT_TRUE(rcpt);
  EXPECT_EQ(rcpt->recipient.local, "x y");
  EXPECT_TRUE(rcpt->notify.given && rcpt->notify.success && rcpt->notify.failure);
  EXPECT_FALSE(rcpt->notify.never || rcpt->notify.delay);
  EXPECT_EQ(rcpt->orcpt_type, "rfc822");
  EXPECT_EQ(rcpt->orcpt, "a+b@c.test");
  const auto utf8 = parse_rcpt("TO:<a@blue.test> ORCPT=utf-8;\\x{E4}@c.test", {true, false});
  ASSERT_TRUE(utf8);
  EXPECT_EQ(utf8->orcpt, "\xc3\xa4@c.test");
}

// attacks.md A8: decoded, then validated.
TEST(Rcpt, RefusesControlsInOrcpt) {
  for (const std::string value : {"rfc822;a+0D+0AX:", "rfc822;a+00", "rfc822;a+7F", "rfc822;a+80", "rfc822;", ";a", "a", "rf c;a", "rfc822;a+0d",
                                  "utf-8;\\x{D}", "utf-8;\\x{0A}", "utf-8;\\x{D800}", "utf-8;\\x{110000}", "utf-8;+C0+AF", "rfc822;a+4"})
    EXPECT_FALSE(parse_rcpt("TO:<a@blue.test> ORCPT=" + value, {true, false})) << value;
  EXPECT_FALSE(parse_rcpt("TO:<a@blue.test> ORCPT=rfc822;" + std::string(500, 'x'), {true, false}));
}

TEST(Rcpt, RefusesBadNotify) {
  for (const std::string value : {"", "NEVER,FAILURE", "FAILURE,FAILURE", "X", "SUCCESS,", ",SUCCESS"})
    EXPECT_FALSE(parse_rcpt("TO:<a@blue.test> NOTIFY=" + value, {true, false})) << value;
}

TEST(Bdat, NeedsACount) {
  EXPECT_EQ(parse_bdat("0 LAST")->last, true);
  EXPECT_EQ(parse_bdat("86 last")->size, 86U);
  EXPECT_EQ(parse_bdat("86")->last, false);
  for (const auto* bad : {"", "LAST", "-1", "1 2", "1LAST", "1 LASTX", "0x10", "99999999999999999999"}) EXPECT_FALSE(parse_bdat(bad)) << bad;
}

TEST(Auth, HasAnInitialResponse) {
  EXPECT_EQ(parse_auth("plain")->mechanism, "PLAIN");
  EXPECT_FALSE(parse_auth("PLAIN")->initial_response);
  EXPECT_EQ(parse_auth("PLAIN =")->initial_response, "");
  EXPECT_EQ(parse_auth("SCRAM-SHA-256-PLUS AGE=")->initial_response, std::string_view("\0a", 2));
  for (const auto* bad : {"", "PLAIN x", "PLAIN AGE= AGE=", "PL/AIN", "ABCDEFGHIJKLMNOPQRSTU"}) EXPECT_FALSE(parse_auth(bad)) << bad;
}

TEST(Xtext, RoundTrips) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(decode_xtext(encode_xtext(all)), all);
  for (const auto* bad : {"+", "+4", "+4g", "a=b", "a b", "+aa", "\x80"}) EXPECT_FALSE(decode_xtext(bad)) << bad;
}

}  // namespace
}  // namespace posthorn::smtp
