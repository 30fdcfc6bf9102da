#include "smtp/grammar/data_decoder.h"

#include <gtest/gtest.h>

namespace posthorn::smtp {
namespace {

struct Decoded {
  TextState state = TextState::more;
  std::string text;
  std::size_t taken = 0;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t chunk, std::size_t line_limit = 1000) {
  DataDecoder decoder(line_limit);
  Decoded all;
  while (all.state == TextState::more && all.taken < bytes.size()) {
    std::size_t taken = 0;
    all.state = decoder.feed(bytes.substr(all.taken, chunk), &all.text, taken);
    all.taken += taken;
  }
  if (all.state != TextState::more && all.state != TextState::done) all.text.clear();
  return all;
}

TEST(DataDecoder, FindsTheEndAndUndoesDots) {
  struct Case { std::string_view bytes, text; };
  const Case cases[] = {
      {".\r\n", ""},
      {"a\r\n.\r\n", "a\r\n"},
      {"a\r\n..\r\n.\r\n", "a\r\n.\r\n"},
      {"..a\r\n.b\r\n...\r\n.\r\n", ".a\r\nb\r\n..\r\n"},
      {"\r\n\r\n.\r\n", "\r\n\r\n"},
      {"a.\r\n.\r\n", "a.\r\n"},
  };
  for (const auto& c : cases)
    for (std::size_t chunk = 1; chunk <= c.bytes.size(); ++chunk) {
      const auto decoded = decode(c.bytes, chunk);
      EXPECT_EQ(decoded.state, TextState::done) << c.bytes;
      EXPECT_EQ(decoded.text, c.text);
      EXPECT_EQ(decoded.taken, c.bytes.size());
    }
}

TEST(DataDecoder, TakesNothingBehindTheEnd) {
  const std::string_view bytes = "a\r\n.\r\nQUIT\r\n";
  EXPECT_EQ(decode(bytes, bytes.size()).taken, 6U);
}

// attacks.md A1: no other ending is one, wherever the bytes are cut.
TEST(DataDecoder, RefusesEveryOtherLineEnd) {
  using namespace std::string_view_literals;
  const std::string_view endings[] = {"\n.\n"sv,       "\n.\r"sv,     "\n.\r\n"sv,  "\r.\r"sv,       "\r.\n"sv,        "\r.\r\n"sv,
                                      "\r\n.\r"sv,     "\r\n.\n"sv,   "\n\n.\r\n"sv, "\r\n\0.\r\n"sv, "\r\n.\0\r\n"sv,  "\r\n.\r\r\n"sv,
                                      "\r\r\n.\r\r\n"sv, "\r\n.\rx\n"sv, "\n"sv,      "\0"sv};
  for (const auto ending : endings) {
    const auto bytes = "body" + std::string(ending) + "MAIL FROM:<admin@victim.test>\r\n";
    const auto whole = decode(bytes, bytes.size());
    EXPECT_TRUE(whole.state == TextState::bare || whole.state == TextState::nul) << testing::PrintToString(bytes);
    for (std::size_t chunk = 1; chunk < bytes.size(); ++chunk) EXPECT_EQ(decode(bytes, chunk), whole) << testing::PrintToString(bytes);
  }
}

TEST(DataDecoder, LimitsLinesWhereverTheyAreCut) {
  for (std::size_t chunk = 1; chunk < 16; ++chunk) {
    EXPECT_EQ(decode("0123456789\r\n.\r\n", chunk, 10).state, TextState::done);
    EXPECT_EQ(decode("0123456789x\r\n.\r\n", chunk, 10).state, TextState::too_long);
    EXPECT_EQ(decode("0123456789x\n", chunk, 10).state, TextState::too_long) << "the first fault wins";
    EXPECT_EQ(decode("01234\n56789xyz", chunk, 10).state, TextState::bare);
    EXPECT_EQ(decode(".0123456789\r\n.\r\n", chunk, 10).state, TextState::too_long) << "dots count as sent";
  }
}

TEST(TextChecker, KnowsWholeLines) {
  const std::string_view bytes = "a\r\n.\r\n\r\nb\r\n";
  for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    TextChecker checker(10);
    for (std::size_t at = 0; at < bytes.size(); at += chunk) ASSERT_EQ(checker.feed(bytes.substr(at, chunk)), TextState::more);
    EXPECT_TRUE(checker.at_line_start());
  }
  TextChecker within(10);
  EXPECT_EQ(within.feed("abc"), TextState::more);
  EXPECT_FALSE(within.at_line_start());
  EXPECT_EQ(within.feed("\r"), TextState::more);
  EXPECT_TRUE(within.after_cr());
  EXPECT_EQ(within.feed("x"), TextState::bare);
}

}  // namespace
}  // namespace posthorn::smtp
