// attacks.md A1: SMTP smuggling. Whatever stands for the end of the text, at most the transaction that is under way is ended, and
// nothing is delivered; what follows is never read as commands.
#include <gtest/gtest.h>

#include "smtp/fakes.h"

namespace posthorn::smtp {
namespace {

Task<void> session(std::unique_ptr<Stream> stream, Clock& clock, talk::Settings settings) {
  Office office(std::move(settings));
  co_await serve(std::move(stream), office.options, office.post, office.accounts, clock, *office.log, office.stopping);
  EXPECT_TRUE(office.post.messages.empty());
}

class Smuggling : public testing::TestWithParam<const char*> {};

TEST_P(Smuggling, DeliversNothing) {
  const std::string evil = R"(MAIL FROM:<admin@victim.test>\r\nRCPT TO:<alice@blue.test>\r\nDATA\r\nSubject: x\r\n\r\nevil\r\n.\r\n)";
  const std::string script =
      "S: 220 *\nC: EHLO mx.green.test\nx10 S: 250*\nC: MAIL FROM:<bob@green.test>\nS: 250 *\nC: RCPT TO:<alice@blue.test>\nS: 250 *\n"
      "C: DATA\nS: 354 *\nC-raw: Subject: y\\r\\n\\r\\nbody" +
      std::string(GetParam()) + evil + "\nS: 550 5.6.0 *\nexpect-close\n";
  EXPECT_EQ(talk::run_text(script, session), "");
}

INSTANTIATE_TEST_SUITE_P(Endings, Smuggling,
                         testing::Values(R"(\n.\n)", R"(\n.\r)", R"(\n.\r\n)", R"(\r.\r)", R"(\r.\n)", R"(\r.\r\n)", R"(\r\n.\r)", R"(\r\n.\n)",
                                         R"(\n\n.\r\n)", R"(\r\n\0.\r\n)", R"(\r\n.\0\r\n)", R"(\r\n.\r\r\n)", R"(\r\r\n.\r\r\n)",
                                         R"(\r\n\r.\r\n)", R"(\0\r\n.\r\n)"));

}  // namespace
}  // namespace posthorn::smtp
