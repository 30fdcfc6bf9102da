// Every conversation of tests/talk/imap, cut at every chunk size.
#include <gtest/gtest.h>

#include "imap/world.h"
#include "talk/runner.h"

namespace posthorn::imap {
namespace {

Task<void> session(std::unique_ptr<Stream> stream, Clock& clock, talk::Settings settings) {
  test::World world(clock, settings);
  const bool clear = !world.options.insecure_login;
  co_await serve(std::move(stream), world.options, world.store, world.accounts, clock, *world.log, world.stopping);
  if (clear && settings.contains("no-login")) {
    EXPECT_EQ(world.accounts.checked, 0) << "a password was looked at";
  }
}

class ImapTalk : public testing::TestWithParam<std::string> {};

TEST_P(ImapTalk, GoesAsWritten) { EXPECT_EQ(talk::run_file(GetParam(), session), ""); }

std::string name_of_file(const testing::TestParamInfo<std::string>& info) {
  auto name = info.param.substr(info.param.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, ImapTalk, testing::ValuesIn(talk::files("imap")), name_of_file);

}  // namespace
}  // namespace posthorn::imap
