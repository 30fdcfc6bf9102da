#include "imap/server/command_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace posthorn::imap {
namespace {

using namespace std::string_view_literals;
using Kind = CommandReader::Event::Kind;

// What a reader says of some bytes: "+" for a go-on, "C:text" for a command, "R:tag answer", "F:tag answer"; fed `cut` bytes at a time.
std::vector<std::string> said_of(std::string_view bytes, CommandLimits limits, std::size_t cut) {
  std::vector<std::string> said;
  CommandReader reader(limits);
  std::string buffer;
  for (std::size_t at = 0; at <= bytes.size(); at += cut) {
    if (at < bytes.size()) buffer += bytes.substr(at, cut);
    while (true) {
      const auto event = reader.next(buffer);
      buffer.erase(0, event.consumed);
      if (event.kind == Kind::more) break;
      if (event.kind == Kind::go_on) said.push_back("+");
      if (event.kind == Kind::command) said.push_back("C:" + reader.text());
      if (event.kind == Kind::refused) said.push_back("R:" + std::string(reader.tag()) + " " + event.answer);
      if (event.kind == Kind::fatal) {
        said.push_back("F:" + std::string(reader.tag()) + " " + event.answer);
        return said;
      }
      if (event.kind != Kind::go_on) reader.reset(limits);
    }
  }
  return said;
}

std::vector<std::string> said_however_cut(std::string_view bytes, CommandLimits limits) {
  const auto whole = said_of(bytes, limits, std::max<std::size_t>(bytes.size(), 1));
  for (const std::size_t cut : {1, 2, 3, 7}) EXPECT_EQ(said_of(bytes, limits, cut), whole) << "cut at " << cut;
  return whole;
}

using Said = std::vector<std::string>;
const auto before = CommandLimits::before_login();
const auto after = CommandLimits::after_login(1000);

TEST(ImapCommandReader, TakesLinesAndLiterals) {
  EXPECT_EQ(said_however_cut("a NOOP\r\nb NOOP\r\n", before), (Said{"C:a NOOP", "C:b NOOP"}));
  EXPECT_EQ(said_however_cut("a LOGIN {5}\r\nalice {6}\r\nsecret\r\n", before), (Said{"+", "+", "C:a LOGIN {5}\r\nalice {6}\r\nsecret"}));
  EXPECT_EQ(said_however_cut("a LOGIN {5+}\r\nalice {0+}\r\n\r\nb NOOP\r\n", before), (Said{"C:a LOGIN {5+}\r\nalice {0+}\r\n", "C:b NOOP"}));
  EXPECT_EQ(said_however_cut("a LOGIN {7}\r\n\r\n\0\nb {x \"y\"\r\n"sv, before).size(), 2U);
}

TEST(ImapCommandReader, RefusesLargeLiteralsBeforeTheyAreSent) {
  EXPECT_EQ(said_however_cut("a LOGIN {1025}\r\nb NOOP\r\n", before), (Said{"R:a BAD The literal is too long", "C:b NOOP"}));
  // attacks.md E1, E2
  for (const char* size : {"4294967295", "9223372036854775807"})
    EXPECT_EQ(said_however_cut("a LOGIN {" + std::string(size) + "}\r\n", before), Said{"R:a BAD The literal is too long"});
  for (const char* size : {"18446744073709551616", "-1", "1e9", "", "1 "})
    EXPECT_EQ(said_however_cut("a LOGIN {" + std::string(size) + "}\r\n", before), Said{"R:a BAD This is not the size of a literal"}) << size;
  EXPECT_EQ(said_however_cut("a LOGIN {1e9+}\r\nb NOOP\r\n", before), Said{"F:a BAD This is not the size of a literal"});
  EXPECT_EQ(said_however_cut("a APPEND x {2147483647+}\r\n", after), Said{"F:a BAD Such a literal is at most 4096 octets (LITERAL-)"});
  EXPECT_EQ(said_however_cut("a LOGIN {1025+}\r\n", before), Said{"F:a BAD The literal is too long"});
}

TEST(ImapCommandReader, CountsTheWholeCommand) {
  // Sixteen literals of 1 KiB are within each limit but that of all together.
  std::string bytes = "a LOGIN";
  for (int i = 0; i < 17; ++i) bytes += " {1000}\r\n" + std::string(1000, 'x');
  const auto said = said_however_cut(bytes, before);
  EXPECT_NE(std::ranges::find(said, std::string("R:a BAD The command is too long")), said.end());
}

TEST(ImapCommandReader, EndsAtALongLine) {
  EXPECT_EQ(said_however_cut("a NOOP " + std::string(9000, 'x') + "\r\n", before), Said{"F:a BAD The command is too long"});
  EXPECT_EQ(said_however_cut("a " + std::string(8190, 'x') + "\r\n", before).front().substr(0, 2), "C:");
  EXPECT_EQ(said_however_cut("a " + std::string(8191, 'x') + "\r\n", before).front().substr(0, 2), "F:");
}

TEST(ImapCommandReader, EndsAtWrongLineEnds) {
  EXPECT_EQ(said_however_cut("a NOOP\nb NOOP\r\n", before), Said{"F:a BAD A line ends with CR and LF"});
  EXPECT_EQ(said_however_cut("a NOOP\rb NOOP\r\n", before), Said{"F:a BAD A line ends with CR and LF"});
  EXPECT_EQ(said_however_cut(std::string_view("a NO\0OP\r\n", 9), before), Said{"F:a BAD A command cannot hold NUL"});
}

TEST(ImapCommandReader, BoundsParentheses) {
  EXPECT_EQ(said_however_cut("a ID (\"x\" \"((((\")\r\n", before), Said{"C:a ID (\"x\" \"((((\")"});
  EXPECT_EQ(said_however_cut("a NOOP ((\r\nb NOOP\r\n", before), (Said{"R:a BAD Too many parentheses", "C:b NOOP"}));
  // What follows the refused line is a literal, not commands.
  EXPECT_EQ(said_however_cut("a NOOP (( {8+}\r\nb NOOP\r\n\r\n", before), Said{"F:a BAD Too many parentheses"});
  EXPECT_EQ(said_however_cut("a X " + std::string(33, '(') + "\r\n", after), Said{"R:a BAD Too many parentheses"});
}

TEST(ImapCommandReader, GivesAppendsMessageALimitOfItsOwn) {
  const auto large = CommandLimits::after_login(200'000);
  const std::string message(150'000, 'm');
  EXPECT_EQ(said_however_cut("a APPEND INBOX (\\Seen) {150000}\r\n" + message + "\r\nb NOOP\r\n", large).size(), 3U);
  EXPECT_EQ(said_however_cut("a append {5}\r\nINBOX ~{3}\r\nx\0y\r\n"sv, large).size(), 3U);
  EXPECT_EQ(said_however_cut("a APPEND INBOX {200001}\r\nb NOOP\r\n", large),
            (Said{"R:a NO [TOOBIG] The message is larger than this server takes", "C:b NOOP"}));
  // The name is no message, nor is a second literal, nor the literal of another command.
  EXPECT_EQ(said_however_cut("a APPEND {70000}\r\n", large), Said{"R:a BAD The literal is too long"});
  EXPECT_EQ(said_however_cut("a APPEND x {1}\r\nm {70000}\r\n", large), (Said{"+", "R:a BAD The literal is too long"}));
  EXPECT_EQ(said_however_cut("a SEARCH x {70000}\r\n", large), Said{"R:a BAD The literal is too long"});
  EXPECT_EQ(said_however_cut("a SEARCH x ~{7}\r\n", large), Said{"R:a BAD A literal8 is for the message of APPEND only"});
  EXPECT_EQ(said_however_cut("a APPEND x {150000}\r\n", before), Said{"R:a BAD The literal is too long"});
}

TEST(ImapCommandReader, KeepsNoMemoryBetweenCommands) {
  CommandReader reader(after);
  const std::string bytes = "a SEARCH " + std::string(5000, 'x') + "\r\n";
  EXPECT_EQ(reader.next(bytes).kind, Kind::command);
  reader.reset(after);
  EXPECT_LT(reader.text().capacity(), 600U);
}

}  // namespace
}  // namespace posthorn::imap
