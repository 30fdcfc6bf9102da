// The runner itself: that it passes what is right and, as much, that it finds what is wrong.
#include "talk/runner.h"

#include <gtest/gtest.h>

#include "net/line_reader.h"
#include "talk/script.h"

namespace posthorn::talk {
namespace {

// Says hello, echoes lines, takes QUIT, closes after a minute of silence.
Task<void> echo(std::unique_ptr<Stream> stream, Clock&, Settings) {
  net::LineReader reader(*stream);
  if (auto said = co_await stream->write("hello\r\n"); !said) co_return;
  while (true) {
    stream->deadline(std::chrono::minutes(1));
    auto line = co_await reader.line(100);
    if (!line) break;
    std::string answer = "echo " + *line + "\r\n";
    if (auto said = co_await stream->write(answer); !said) break;
    if (*line == "QUIT") break;
  }
  stream->close();
}

TEST(Talk, PassesAConversationThatGoesAsWritten) {
  EXPECT_EQ(run_text("# comment\nset a b\nS: hello\nC: one\nS: echo one\nC+: two\nC: three\nS: echo t*\nS: *three\n"
                     "C-raw: f\\x6fur\\r\\n\nS: echo four\nquiet\nx3 C: z\nx3 S: echo z\nC: QUIT\nS: echo QUIT\nexpect-close\n",
                     echo),
            "");
}

TEST(Talk, MovesVirtualTime) {
  EXPECT_EQ(run_text("S: hello\nclock +59s\nquiet\nclock +2s\nexpect-close\n", echo), "");
}

TEST(Talk, FindsWhatIsWrong) {
  EXPECT_NE(run_text("S: good day\n", echo), "");
  EXPECT_NE(run_text("S: hello\nC: one\n", echo), "") << "the unread answer";
  EXPECT_NE(run_text("S: hello\nS: more\n", echo), "") << "nothing more comes";
  EXPECT_NE(run_text("S: hello\nexpect-close\n", echo), "");
  EXPECT_NE(run_text("quiet\n", echo), "");
  EXPECT_NE(run_text("S: hello\nclock +2m\nquiet\n", echo), "");
  EXPECT_NE(run_text("hello\n", echo), "") << "an unknown line";
}

TEST(Talk, MatchesWithWildcards) {
  EXPECT_TRUE(matches("a*", "a"));
  EXPECT_TRUE(matches("a*c*e", "abcde"));
  EXPECT_FALSE(matches("a*c", "abcd"));
  EXPECT_FALSE(matches("ab*bc", "abc"));
  EXPECT_FALSE(matches("a", "ab"));
}

}  // namespace
}  // namespace posthorn::talk
