#include "pop3/grammar.h"

#include <gtest/gtest.h>

namespace posthorn::pop3 {
namespace {

TEST(Pop3Grammar, SplitsCommandLines) {
  struct Row { const char *line, *keyword, *argument; };
  for (const auto& row : {Row{"QUIT", "QUIT", ""}, Row{"quit", "QUIT", ""}, Row{"PASS a b ", "PASS", "a b "}, Row{"PASS  x", "PASS", " x"}, Row{"", "", ""},
                          Row{" STAT", "", "STAT"}, Row{"STAT ", "STAT", ""}, Row{"STAT\t1", "STAT\t1", ""}}) {
    const auto parsed = parse_command(row.line);
    EXPECT_EQ(parsed.keyword, row.keyword) << row.line;
    EXPECT_EQ(parsed.argument, row.argument) << row.line;
  }
}

TEST(Pop3Grammar, ReadsNumbersThatAreNothingElse) {
  EXPECT_EQ(one_number("1"), 1u);
  EXPECT_EQ(one_number("4294967295"), 4294967295u);
  for (const auto* bad : {"", " 1", "1 ", "-1", "+1", "1x", "0x1", "4294967296", "18446744073709551617"}) EXPECT_FALSE(one_number(bad)) << bad;
  const auto two = two_numbers("3 10");
  ASSERT_TRUE(two);
  EXPECT_EQ(two->first, 3u);
  EXPECT_EQ(two->second, 10u);
  for (const auto* bad : {"", "3", "3 ", "3  10", "3 10 ", "3,10", " 3 10", "3 -1"}) EXPECT_FALSE(two_numbers(bad)) << bad;
}

struct Text {
  const char *message, *wire;
  std::optional<std::uint32_t> lines = std::nullopt;
};
const Text texts[] = {
    {"", ""},
    {"a", "a\r\n"},
    {"a\r\n", "a\r\n"},
    {"a\n", "a\r\n"},
    {"a\r", "a\r\n"},
    {".", "..\r\n"},
    {".\r\n..\r\n.a\r\n", "..\r\n...\r\n..a\r\n"},
    {"a\r\n.", "a\r\n..\r\n"},
    {"a.b\r\n", "a.b\r\n"},
    {"\r\n", "\r\n"},
    {"a\r\r\n", "a\r\r\n"},
    {"a\rb\r\n", "a\rb\r\n"},
    {"h\r\n\r\n1\r\n2\r\n", "h\r\n\r\n", 0},
    {"h\r\n\r\n1\r\n2\r\n", "h\r\n\r\n1\r\n", 1},
    {"h\r\n\r\n1\r\n2\r\n", "h\r\n\r\n1\r\n2\r\n", 2},
    {"h\r\n\r\n1\r\n2", "h\r\n\r\n1\r\n2\r\n", 3},
    {"h\n\n1\n\n.2\n3\n", "h\r\n\r\n1\r\n\r\n..2\r\n", 3},
    {"h\r\nno body", "h\r\nno body\r\n", 0},
    {"\r\n1\r\n", "\r\n", 0},
};

TEST(Pop3Grammar, WritesMessagesAsLinesWithDotsStuffed) {
  for (const auto& text : texts) EXPECT_EQ(multi_line(text.message, text.lines), text.wire) << text.message;
}

TEST(Pop3Grammar, WritesTheSameInPiecesOfAnySize) {
  for (const auto& text : texts)
    for (std::size_t piece = 1; piece < 8; ++piece) {
      MessageText out(text.message, text.lines);
      std::string all;
      for (int guard = 0; !out.done(); ++guard) {
        ASSERT_LT(guard, 100) << text.message;
        std::string part;
        out.append(part, piece);
        EXPECT_LE(part.size(), piece + 4);
        all += part;
      }
      EXPECT_EQ(all, text.wire) << text.message << " by " << piece;
    }
}

TEST(Pop3Grammar, WritesTheSameOfAMessageThatComesInParts) {
  for (const auto& text : texts)
    for (std::size_t part = 1; part < 8; ++part)
      for (const std::size_t piece : {1, 3, 100}) {
        MessageText out(text.lines);
        std::string all;
        for (std::size_t at = 0; !out.done(); at += part) {
          ASSERT_TRUE(out.hungry()) << text.message;
          const std::string_view message(text.message);
          out.feed(message.substr(at, part), at + part >= message.size());
          while (!out.done() && !out.hungry()) {
            std::string some;
            out.append(some, piece);
            all += some;
          }
        }
        EXPECT_EQ(all, text.wire) << text.message << " in parts of " << part << " by " << piece;
      }
}

}  // namespace
}  // namespace posthorn::pop3
