// Every conversation of tests/talk/smtp, cut at every chunk size.
#include <gtest/gtest.h>

#include "smtp/fakes.h"
#include "talk/runner.h"

namespace posthorn::smtp {
namespace {

Task<void> session(std::unique_ptr<Stream> stream, Clock& clock, talk::Settings settings) {
  Office office(std::move(settings));
  co_await serve(std::move(stream), office.options, office.post, office.accounts, clock, *office.log, office.stopping);
  EXPECT_EQ(office.post.reserved, 0U) << "the budget was not given back";
}

class SmtpTalk : public testing::TestWithParam<std::string> {};

TEST_P(SmtpTalk, GoesAsWritten) { EXPECT_EQ(talk::run_file(GetParam(), session), ""); }

std::string name_of_file(const testing::TestParamInfo<std::string>& info) {
  auto name = info.param.substr(info.param.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, SmtpTalk, testing::ValuesIn(talk::files("smtp")), name_of_file);

}  // namespace
}  // namespace posthorn::smtp
