#include "pop3/surrogate.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace posthorn::pop3 {
namespace {

TEST(Pop3Surrogate, LeavesAsciiHeadersAndAllBodiesAlone) {
  for (const std::string message : {"", "a", "Subject: x\r\n\r\nK\xc3\xb6ln\r\n", "\r\n\xff", "Subject: a\r\n\tb\r\n", "no header at all\r\n\r\n\x80"})
    EXPECT_EQ(surrogate(message), message);
}

TEST(Pop3Surrogate, MakesEachFieldAscii) {
  struct Row { const char *field, *ascii; };
  const Row rows[] = {
      {"Subject: Gr\xc3\xbc\xc3\x9f\r\n", "Subject: =?utf-8?b?R3LDvMOf?=\r\n"},
      {"Subject: Gr\xfc\xdf\r\n", "Subject: =?utf-8?b?R3LDvMOf?=\r\n"},  // Latin-1 from a sender who did not care
      {"X-Note: \xc3\xbc\r\n", "X-Note: =?utf-8?b?w7w=?=\r\n"},
      {"To: J\xc3\xbcrgen <j@green.test>, bob@green.test\r\n", "To: =?utf-8?q?J=C3=BCrgen?= <j@green.test>, bob@green.test\r\n"},
      {"To: \"Bob, \\\"B\\\"\" <b@green.test>, \xc3\xbc@green.test\r\n",
       "To: \"Bob, \\\"B\\\"\" <b@green.test>, Internationalized Address\r\n =?utf-8?q?=C3=BC=40green=2Etest?= Removed:;\r\n"},
      {"Cc: b@gr\xc3\xbcn.test\r\n", "Cc: b@xn--grn-ioa.test\r\n"},
      {"To: fri\xc3\xabnds: a@green.test, b@green.test;\r\n", "To: =?utf-8?q?fri=C3=ABnds?=: a@green.test, b@green.test;\r\n"},
      {"Message-ID: <\xc3\xbc@green.test>\r\n", "Message-ID: <?@green.test>\r\n"},
      {"Content-Type: text/plain;\r\n name=\"\xe6\x97\xa5\xe6\x9c\xac.txt\"\r\n", "Content-Type: text/plain;\r\n name=\"??.txt\"\r\n"},
      {"\xc3\xbc: x\r\n", "?: x\r\n"},
      {"Subject\xc3\xbc\r\n", "Subject?\r\n"},
  };
  for (const auto& row : rows) {
    const auto whole = "Date: x\r\n" + std::string(row.field) + "Z: y\r\n\r\n\xc3\xbc\r\n";
    EXPECT_EQ(surrogate(whole), "Date: x\r\n" + std::string(row.ascii) + "Z: y\r\n\r\n\xc3\xbc\r\n");
  }
}

TEST(Pop3Surrogate, NeverMakesLinesOrFieldsOfItsOwn) {
  // A bare CR, an encoded line end and a control character: none may become the end of the header or a field.
  const std::string bad = "Subject: \xc3\xbc\rX-Evil: 1\x01 =?utf-8?q?=0D=0AX-Evil:_2?=\r\nFrom: \"=?utf-8?q?a=0D=0AX-Evil:_3?=\" \xc3\xbc <a@b.test>\r\n\r\nbody";
  const auto out = surrogate(bad);
  EXPECT_FALSE(out.contains("\nX-Evil")) << printable(out);
  EXPECT_FALSE(out.contains("\rX-Evil")) << printable(out);
  EXPECT_TRUE(is_ascii(out)) << printable(out);
  EXPECT_TRUE(out.ends_with("\r\n\r\nbody"));
}

}  // namespace
}  // namespace posthorn::pop3
