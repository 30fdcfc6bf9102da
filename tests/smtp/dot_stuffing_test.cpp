#include "smtp/grammar/dot_stuffing.h"

#include <gtest/gtest.h>

#include "smtp/grammar/data_decoder.h"

namespace posthorn::smtp {
namespace {

std::string stuff(std::string_view message, std::size_t block) {
  DotStuffer stuffer(message);
  std::string out;
  while (stuffer.next(out, block)) {
  }
  return out;
}

TEST(DotStuffer, StuffsWhateverTheBlocks) {
  struct Case { std::string_view message, bytes; };
  const Case cases[] = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {"a", "a\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"a\r\n.\r\n..b\r\n", "a\r\n..\r\n...b\r\n.\r\n"},
      {"a.b\r\n\r\n.", "a.b\r\n\r\n..\r\n.\r\n"},
  };
  for (const auto& c : cases)
    for (std::size_t block = 1; block <= c.message.size() + 1; ++block) EXPECT_EQ(stuff(c.message, block), c.bytes) << block;
}

TEST(DotStuffer, IsUndoneByTheDecoder) {
  const std::string_view message = "..\r\n.\r\n\r\nx.y\r\n...\r\n";
  DataDecoder decoder(100);
  std::string text;
  std::size_t taken = 0;
  const auto bytes = stuff(message, 3);
  EXPECT_EQ(decoder.feed(bytes, &text, taken), TextState::done);
  EXPECT_EQ(text, message);
}

// attacks.md A2
TEST(CheckText, RefusesBareLineEnds) {
  EXPECT_TRUE(check_text("a\r\nb"));
  EXPECT_TRUE(check_text(""));
  for (const std::string bad : {"x\r.\r\nMAIL", "x\n.\nMAIL", "x\r", "\n", "a\r\r\n"}) EXPECT_FALSE(check_text(bad)) << bad;
  EXPECT_FALSE(check_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace posthorn::smtp
