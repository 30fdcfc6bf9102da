// Writing header fields and line ends.
#include "mail/build.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/message.h"

namespace posthorn::mail {
namespace {

TEST(HeaderField, FoldsWhereWhiteSpaceAllows) {
  EXPECT_EQ(header_field("Subject", "hello").value(), "Subject: hello\r\n");
  EXPECT_EQ(header_field("X", "").value(), "X: \r\n");
  std::string words;
  for (int i = 0; i < 100; ++i) words += "word" + std::to_string(i) + " ";
  const auto field = header_field("Subject", words).value();
  for (const auto line : split(field, '\n')) EXPECT_LE(trim(line).size(), 78U);
  const auto message = parse(field);
  EXPECT_EQ(unfolded(message.root().fields.at(0).value), trim(words));
  EXPECT_EQ(header_field("X", std::string(200, 'a')).value(), "X: " + std::string(200, 'a') + "\r\n");
}

TEST(HeaderField, RefusesWhatWouldMakeAnotherField) {
  for (const std::string& value : {std::string("a\rBcc: x"), std::string("a\nb"), std::string("a\r\n b"), std::string("a\0b", 3)})
    EXPECT_FALSE(header_field("Subject", value));
  for (const std::string_view name : {"", "a b", "a:", "\u00fc", "a\n"}) EXPECT_FALSE(header_field(name, "x"));
  EXPECT_FALSE(header_field("Subject", std::string(1'000, 'a')));
}

TEST(LineEnds, BecomeCrlf) {
  EXPECT_EQ(to_crlf(""), "");
  EXPECT_EQ(to_crlf("a"), "a\r\n");
  EXPECT_EQ(to_crlf("a\nb\rc\r\nd"), "a\r\nb\r\nc\r\nd\r\n");
  EXPECT_EQ(to_crlf("\r\r\n\n"), "\r\n\r\n\r\n");
}

}  // namespace
}  // namespace posthorn::mail
