// Replies, written by the server's side and read by the client's.
#include <gtest/gtest.h>

#include "smtp/grammar/capabilities.h"
#include "smtp/grammar/parsed.h"
#include "smtp/grammar/reply_parser.h"

namespace posthorn::smtp {
namespace {

struct Parsing {
  ReplyParser::State state = ReplyParser::State::more;
  Reply reply;
  std::size_t taken = 0;
};
Parsing parse(std::string_view bytes, std::size_t chunk) {
  ReplyParser parser;
  Parsing all;
  while (all.state == ReplyParser::State::more && all.taken < bytes.size()) {
    std::size_t taken = 0;
    all.state = parser.feed(bytes.substr(all.taken, chunk), taken);
    all.taken += taken;
  }
  all.reply = parser.reply();
  return all;
}

TEST(Wire, PutsTheEnhancedCodeOnEveryLine) {
  EXPECT_EQ(wire(make_reply(250, "2.1.0", "Ok")), "250 2.1.0 Ok\r\n");
  EXPECT_EQ(wire(make_reply(550, "5.7.1", "a\nb")), "550-5.7.1 a\r\n550 5.7.1 b\r\n");
  EXPECT_EQ(wire(make_reply(354, "", "Go")), "354 Go\r\n");
}

TEST(Wire, LetsNoTextBeginALine) { EXPECT_EQ(wire(make_reply(550, "", "a\r250 Ok")), "550 a 250 Ok\r\n"); }

TEST(ReplyParser, ReadsRepliesWhereverTheyAreCut) {
  struct Case { std::string_view bytes; Reply reply; };
  const Case cases[] = {
      {"250 Ok\r\n", make_reply(250, "", "Ok")},
      {"250\r\n", make_reply(250, "", "")},
      {"250 \r\n", make_reply(250, "", "")},
      {"550 5.1.1\r\n", make_reply(550, "5.1.1", "")},  // CVE-2026-43964
      {"550 5.1.1 Unknown user\r\n", make_reply(550, "5.1.1", "Unknown user")},
      {"550-5.7.1 a\r\n550-5.7.1 b\r\n550 c\r\n", make_reply(550, "5.7.1", "a\nb\nc")},
      {"550 2.1.1 x\r\n", make_reply(550, "", "2.1.1 x")},
      {"550 5.1. x\r\n", make_reply(550, "", "5.1. x")},
      {"550 5.1.\r\n", make_reply(550, "", "5.1.")},
      {"250-a\r\n250-PIPELINING\r\n250 8BITMIME\r\n", make_reply(250, "", "a\nPIPELINING\n8BITMIME")},
  };
  for (const auto& c : cases)
    for (std::size_t chunk = 1; chunk <= c.bytes.size(); ++chunk) {
      const auto parsed = parse(c.bytes, chunk);
      EXPECT_EQ(parsed.state, ReplyParser::State::done) << c.bytes;
      EXPECT_EQ(parsed.taken, c.bytes.size());
      EXPECT_EQ(parsed.reply.code, c.reply.code);
      EXPECT_EQ(parsed.reply.enhanced, c.reply.enhanced);
      EXPECT_EQ(parsed.reply.text, c.reply.text);
    }
}

TEST(ReplyParser, LeavesWhatFollows) { EXPECT_EQ(parse("220 go\r\n250-INJECT\r\n", 100).taken, 8U); }

// attacks.md A10
TEST(ReplyParser, RefusesWhatIsNoReply) {
  const std::string bad[] = {"55\r\n",         "abc def\r\n",      "650 x\r\n",   "150 x\r\n",          "260 x\r\n",
                             "250Ok\r\n",      "250-a\r\n251 b\r\n", "250 a\n",     "250 a\rb\r\n",       "\r\n",
                             "250-a\r\nb\r\n", std::string("250 \0\r\n", 7), "HTTP/1.1 400 Bad Request\r\n", " 250 x\r\n"};
  for (const auto& bytes : bad)
    for (std::size_t chunk = 1; chunk <= bytes.size(); ++chunk)
      EXPECT_EQ(parse(bytes, chunk).state, ReplyParser::State::malformed) << testing::PrintToString(bytes);
}

TEST(ReplyParser, IsBounded) {
  std::string endless;
  for (int i = 0; i < 101; ++i) endless += "250-x\r\n";
  EXPECT_EQ(parse(endless, 1000).state, ReplyParser::State::malformed);
  EXPECT_EQ(parse("250 " + std::string(4100, 'x'), 1000).state, ReplyParser::State::malformed) << "a line without an end";
  std::string big;
  for (int i = 0; i < 17; ++i) big += "250-" + std::string(4000, 'x') + "\r\n";
  EXPECT_EQ(parse(big, 1000).state, ReplyParser::State::malformed);
}

TEST(Capabilities, AreReadWithTheirParameters) {
  const auto offered = parse_capabilities(
      make_reply(250, "", "mx greets you PIPELINING\nSIZE 1000\nauth PLAIN LOGIN\nAUTH=SCRAM-SHA-256\nLIMITS RCPTMAX=5 MAILMAX=x\n\n-x\nDSN"));
  EXPECT_FALSE(offered.has("PIPELINING")) << "the first line is the greeting";
  EXPECT_EQ(offered.size(), 1000U);
  EXPECT_TRUE(offered.has("AUTH", "plain"));
  EXPECT_TRUE(offered.has("AUTH", "SCRAM-SHA-256"));
  EXPECT_FALSE(offered.has("AUTH", "XOAUTH2"));
  EXPECT_EQ(offered.limit("RCPTMAX"), 5U);
  EXPECT_EQ(offered.limit("MAILMAX"), std::nullopt);
  EXPECT_TRUE(offered.has("dsn"));
}

}  // namespace
}  // namespace posthorn::smtp
