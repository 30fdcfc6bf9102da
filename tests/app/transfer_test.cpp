#include <gtest/gtest.h>

#include <sstream>

#include "app/transfer/csv.h"
#include "app/transfer/mbox.h"

namespace posthorn::app {
namespace {

std::vector<SourceMessage> read_all(const std::string& text) {
  std::istringstream in(text);
  MboxReader reader(in);
  std::vector<SourceMessage> out;
  while (auto one = reader.next()) out.push_back(std::move(*one));
  return out;
}

TEST(Mbox, ReadsMessagesUnquotesFromLinesAndFlags) {
  const auto all = read_all(
      "From alice@blue.test Mon Nov 23 17:05:04 2026\nSubject: one\nStatus: RO\nX-Status: AF\n\n>From here\n>>From there\nFrom inside\n\n"
      "From bob  Mon Nov  2 01:02:03 2026\nSubject: two\n\nlast line without end");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].bytes, "Subject: one\r\nStatus: RO\r\nX-Status: AF\r\n\r\nFrom here\r\n>From there\r\nFrom inside\r\n");
  EXPECT_EQ(all[0].flags, (std::vector<std::string>{"\\Seen", "\\Answered", "\\Flagged"}));
  EXPECT_EQ(all[0].received_ms, 1795453504000);
  EXPECT_EQ(all[1].bytes, "Subject: two\r\n\r\nlast line without end\r\n");
  EXPECT_EQ(all[1].received_ms, 1793581323000);
}

TEST(Mbox, WhatIsWrittenIsReadBack) {
  const std::string message = "Subject: x\r\n\r\nFrom me\r\n>From you\r\n\r\nend\r\n";
  const auto text = to_mbox(message, 1795453504000, {"\\Seen", "\\Flagged"});
  const auto all = read_all(text + to_mbox("Subject: y\r\n\r\n", 0, {}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].bytes.ends_with(message)) << all[0].bytes;
  EXPECT_EQ(all[0].flags, (std::vector<std::string>{"\\Seen", "\\Flagged"}));
  EXPECT_EQ(all[0].received_ms, 1795453504000);
}

TEST(Maildir, FlagsAreInTheName) {
  EXPECT_EQ(maildir_flags("123.M1.host:2,FRS"), (std::vector<std::string>{"\\Flagged", "\\Answered", "\\Seen"}));
  EXPECT_TRUE(maildir_flags("123.M1.host").empty());
  EXPECT_EQ(maildir_suffix({"\\Seen", "\\Draft", "$Work"}), ":2,DS");
}

TEST(Csv, ReadsQuotedFieldsAndNamesBadLines) {
  const auto rows = parse_csv("\xef\xbb\xbf" "address,Password\r\nalice@blue.test,\"a,b\"\"c\"\n\nbob@blue.test,x\n", "f.csv");
  ASSERT_TRUE(rows) << rows.error().text();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].get("password"), "a,b\"c");
  EXPECT_EQ((*rows)[1].line, 4u);
  EXPECT_TRUE(parse_csv("a,b\n1,\"2\n", "f.csv").error().what.contains("f.csv:2"));
  EXPECT_TRUE(parse_csv("a\n1,2\n", "f.csv").error().what.contains("f.csv:2"));
  EXPECT_FALSE(parse_csv("", "f.csv"));
}

}  // namespace
}  // namespace posthorn::app
