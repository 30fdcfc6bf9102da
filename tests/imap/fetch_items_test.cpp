// What FETCH may ask for, and what is refused.
#include <gtest/gtest.h>

#include "imap/fetch/items.h"

namespace posthorn::imap {
namespace {

Result<FetchRequest> parse(std::string_view text, FetchBy by = FetchBy::sequence) {
  Cursor in(text);
  return parse_fetch(in, by);
}

std::string labels(std::string_view text, FetchBy by = FetchBy::sequence) {
  const auto request = parse(text, by);
  if (!request) return "BAD " + request.error().what;
  std::string out;
  for (const auto& item : request->items) out += (out.empty() ? "" : " ") + item.label;
  return out;
}

TEST(ImapFetchItems, NamesTheItemsAsTheResponseWill) {
  const std::pair<const char*, const char*> table[] = {
      {"ALL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"},
      {"fast", "FLAGS INTERNALDATE RFC822.SIZE"},
      {"FULL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
      {"(uid flags)", "UID FLAGS"},
      {"BODY", "BODY"},
      {"bodystructure", "BODYSTRUCTURE"},
      {"BODY[]", "BODY[]"},
      {"body.peek[header]", "BODY[HEADER]"},
      {"(FLAGS BODY[HEADER.FIELDS (DATE From)])", "FLAGS BODY[HEADER.FIELDS (DATE From)]"},  // rfc:9051#6.4.5
      {"BODY[HEADER.FIELDS.NOT (\"X y\")]<0.5>", "BODY[HEADER.FIELDS.NOT (\"X y\")]<0>"},
      {"BODY[4.2.2.1]<10.2048>", "BODY[4.2.2.1]<10>"},
      {"BODY[4.1.MIME]", "BODY[4.1.MIME]"},
      {"BODY.PEEK[3.TEXT]", "BODY[3.TEXT]"},
      {"(BINARY[1.2] BINARY.PEEK[3]<0.10> BINARY.SIZE[4])", "BINARY[1.2] BINARY[3]<0> BINARY.SIZE[4]"},
      {"BINARY[]", "BINARY[]"},
      {"(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)", "RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE"},
      {"(MODSEQ EMAILID THREADID SAVEDATE)", "MODSEQ EMAILID THREADID SAVEDATE"},
      {"PREVIEW", "PREVIEW"},
      {"PREVIEW (LAZY)", "PREVIEW"},
      {"(PREVIEW (LAZY) UID)", "PREVIEW UID"},
      {"(BODY[] BODY[] body.peek[])", "BODY[]"},  // attacks.md E6
      {"(BODY[]<0.5> BODY[]<0.6> BODY[]<0.5>)", "BODY[]<0> BODY[]<0>"},
      {"FLAGS (CHANGEDSINCE 12345)", "FLAGS MODSEQ"},
      {"(FLAGS) (CHANGEDSINCE 1 VANISHED)", "FLAGS MODSEQ"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(labels(text), expected) << text;
  EXPECT_EQ(labels("FLAGS", FetchBy::uid), "UID FLAGS");
  EXPECT_EQ(labels("(FLAGS UID)", FetchBy::uid), "UID FLAGS");
}

TEST(ImapFetchItems, RefusesWhatTheGrammarDoes) {
  for (const char* bad : {"",
                          "()",
                          "(ALL)",
                          "(FLAGS",
                          "FLAGS UID",
                          "(FLAGS  UID)",
                          "BODY[",
                          "BODY[0]",
                          "BODY[1.]",
                          "BODY[.1]",
                          "BODY[MIME]",
                          "BODY[1.HEADERS]",
                          "BODY[HEADER.FIELDS]",
                          "BODY[HEADER.FIELDS ()]",
                          "BODY[HEADER.FIELDS (a]",
                          "BODY[]<1>",
                          "BODY[]<1.0>",
                          "BODY[]<.1>",
                          "BODY[1HEADER]",
                          "BINARY[TEXT]",
                          "BINARY[1.MIME]",
                          "BINARY",
                          "BINARY.SIZE[1]<0.1>",
                          "BODY.PEEK",
                          "RFC822[]",
                          "FOO",
                          "FLAGS (CHANGEDSINCE)",
                          "FLAGS (VANISHED)",
                          "FLAGS (FOO 1)",
                          "FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 2)",
                          "FLAGS ",
                          "BODY[4294967296]",
                          "BODY[]<0.9223372036854775808>"})
    EXPECT_FALSE(parse(bad)) << bad;
}

TEST(ImapFetchItems, SaysWhatMustBeRead) {
  struct Row {
    const char* text;
    bool email, summary, message, seen, modseq;
  };
  const Row table[] = {
      {"(UID FLAGS EMAILID SAVEDATE)", false, false, false, false, false},
      {"MODSEQ", false, false, false, false, true},
      {"FAST", true, false, false, false, false},
      {"THREADID", true, false, false, false, false},
      {"ALL", true, true, false, false, false},
      {"BODYSTRUCTURE", false, true, false, false, false},
      {"PREVIEW", false, true, false, false, false},
      {"BODY[]", false, false, true, true, false},
      {"BODY.PEEK[]", false, false, true, false, false},
      {"(BODY.PEEK[] BODY[])", false, false, true, true, false},
      {"RFC822.HEADER", false, false, true, false, false},
      {"RFC822.TEXT", false, false, true, true, false},
      {"BINARY[1]", false, false, true, true, false},
      {"BINARY.SIZE[1]", false, false, true, false, false},
      {"FLAGS (CHANGEDSINCE 5)", false, false, false, false, true},
  };
  for (const auto& row : table) {
    const auto request = parse(row.text);
    ASSERT_TRUE(request) << row.text;
    EXPECT_EQ(request->needs.email, row.email) << row.text;
    EXPECT_EQ(request->needs.summary, row.summary) << row.text;
    EXPECT_EQ(request->needs.message, row.message) << row.text;
    EXPECT_EQ(request->sets_seen, row.seen) << row.text;
    EXPECT_EQ(request->asks_modseq, row.modseq) << row.text;
  }
  const auto changed = parse("FLAGS (VANISHED CHANGEDSINCE 9)");
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->changed_since, ModSeq{9});
  EXPECT_TRUE(changed->vanished);
}

TEST(ImapFetchItems, IsBounded) {  // attacks.md E6
  std::string items = "(FLAGS", part = "BODY[1", fields = "BODY[HEADER.FIELDS (a";
  for (int i = 1; i < 300; ++i) items += " BODY[" + std::to_string(i) + "]", part += ".1";
  for (int i = 0; i < 1'000; ++i) fields += " a";
  EXPECT_FALSE(parse(items + ")"));
  EXPECT_FALSE(parse(part + "]"));
  EXPECT_FALSE(parse(fields + ")]"));
}

}  // namespace
}  // namespace posthorn::imap
