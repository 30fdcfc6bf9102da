// Every conversation of tests/talk/pop3, cut at every chunk size, over a real store in memory.
#include <gtest/gtest.h>

#include "pop3/world.h"
#include "talk/runner.h"

namespace posthorn::pop3 {
namespace {

// Settings: `tls yes` the port with TLS; `insecure yes`; `stopping yes`; `left N` messages in INBOX at the end; `asked N` times the
// accounts were asked.
Task<void> session(std::unique_ptr<Stream> stream, Clock& clock, talk::Settings settings) {
  World world(clock, std::move(settings));
  const auto filled = co_await world.fill();
  EXPECT_TRUE(filled) << filled.error().text();
  if (world.settings.contains("tls")) {
    const auto secured = co_await stream->start_tls_server();
    EXPECT_TRUE(secured);
  }
  world.stopping = world.settings.contains("stopping");
  co_await serve(std::move(stream), world.options, world.store, world.accounts, clock, *world.log, world.stopping);
  const auto number = [&world](const char* name, std::size_t usual) {
    const auto it = world.settings.find(name);
    return it == world.settings.end() ? usual : static_cast<std::size_t>(std::stoul(it->second));
  };
  EXPECT_EQ(world.left(), number("left", 3));
  EXPECT_EQ(world.accounts.asked, number("asked", world.accounts.asked));
  const auto problems = world.store.verify();
  EXPECT_TRUE(problems && problems->empty());
}

class Pop3Talk : public testing::TestWithParam<std::string> {};

TEST_P(Pop3Talk, GoesAsWritten) { EXPECT_EQ(talk::run_file(GetParam(), session), ""); }

std::string name_of_file(const testing::TestParamInfo<std::string>& info) {
  auto name = info.param.substr(info.param.rfind('/') + 1);
  name = name.substr(0, name.find('.'));
  return name;
}
INSTANTIATE_TEST_SUITE_P(Files, Pop3Talk, testing::ValuesIn(talk::files("pop3")), name_of_file);

}  // namespace
}  // namespace posthorn::pop3
