// Who the author is. That DMARC, IMAP and people see the same one: tests/trust/author (attacks.md C1).
#include <algorithm>

#include "kit.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {
namespace {

using Domains = std::vector<std::string>;

Authors authors(const std::string& header) {
  const auto bytes = header + "Subject: x\r\n\r\nbody\r\n";
  return authors_of(mail::parse(bytes));
}

TEST(DmarcAuthors, TakesEveryMailboxOfOneFrom) {
  const std::pair<std::string, Domains> rows[] = {
      {"From: a@x.test\r\n", {"x.test"}},
      {"from:a@x.test\r\n", {"x.test"}},
      {"FROM: Ann <a@X.Test>\r\n", {"x.test"}},
      {"From: a@x.test, b@x.test\r\n", {"x.test"}},
      {"From: a@x.test, b@Y.test\r\nSender: a@x.test\r\n", {"x.test", "y.test"}},
      {"From: \"a@evil.test\" <b@x.test>\r\n", {"x.test"}},
      {"From: (a@evil.test) b@x.test (c@evil.test)\r\n", {"x.test"}},
      {"From:\r\n Ann\r\n\t<a@x.test>\r\n", {"x.test"}},
      {"From: <a@m\xc3\xbcller.test>\r\n", {"xn--mller-kva.test"}},
      {"From: <a@M\xc3\x9cLLER.test>, b@xn--mller-kva.test\r\n", {"xn--mller-kva.test"}},
      {"From: Group: a@x.test, b@y.test;\r\n", {"x.test", "y.test"}},
      {"From: \"a b\"@x.test\r\n", {"x.test"}},
      {"From: =?utf-8?q?a=40evil.test?= <b@x.test>\r\n", {"x.test"}},
      {"From: <@evil.test:b@x.test>\r\n", {"x.test"}},
  };
  for (const auto& [header, domains] : rows) {
    const auto found = authors(header);
    EXPECT_EQ(found.domains, domains) << header;
    EXPECT_TRUE(found.problems.empty()) << header << testing::PrintToString(found.problems);
  }
}

TEST(DmarcAuthors, SaysWhatIsWrong) {
  const std::tuple<std::string, Domains, std::string> rows[] = {
      {"", {}, "there is no From"},
      {"From:\r\n", {}, "no address"},
      {"From: undisclosed:;\r\n", {}, "no address"},
      {"From: <>\r\n", {}, "no address"},
      {"From: Ann\r\n", {}, "is no address"},
      {"From: a@x.test\r\nFrom: b@y.test\r\n", {"x.test", "y.test"}, "2 From fields"},
      {"From: a@x.test\r\nFROM: a@x.test\r\n", {"x.test"}, "2 From fields"},
      {"From : a@x.test\r\n", {"x.test"}, "white space"},
      {"From\t: a@x.test\r\n", {"x.test"}, "white space"},
      {"From\r\n : a@x.test\r\n", {}, "cannot be read"},
      {"From\r\n : a@x.test\r\nFrom: b@y.test\r\n", {"y.test"}, "cannot be read"},
      {" From: a@x.test\r\nFrom: b@y.test\r\n", {"y.test"}, "cannot be read"},
      {"From: a@x.test\r\nFrom\r\n", {"x.test"}, "cannot be read"},
      {"From: a@[192.0.2.1]\r\n", {}, "not a name"},
      {"From: a@x..test\r\n", {}, "is no address"},
      {"From: a@x_y.test\r\n", {}, "is no domain"},
      {"From: a@xn--0.test\r\n", {}, "is no domain"},
      {"From: <a@evil.test>b@x.test\r\n", {}, "is no address"},
      {"From: <b@x.test>\\,<a@evil.test>\r\n", {"evil.test"}, "is no address"},
      {"From: =?utf-8?b?PGJAeC50ZXN0Pg==?=, a@evil.test\r\n", {"evil.test"}, "is no address"},
  };
  for (const auto& [header, domains, problem] : rows) {
    const auto found = authors(header);
    EXPECT_EQ(found.domains, domains) << header;
    EXPECT_TRUE(std::ranges::any_of(found.problems, [&](const auto& p) { return p.contains(problem); }))
        << header << testing::PrintToString(found.problems);
  }
}

TEST(DmarcAuthors, SeesAFromThatIsHiddenBehindTheLimitOfFields) {
  std::string header = "From: a@x.test\r\n";
  for (int i = 0; i < 1200; ++i) header += "X: y\r\n";
  EXPECT_TRUE(authors(header).problems.empty());
  EXPECT_FALSE(authors(header + "From: b@y.test\r\n").problems.empty());
}

}  // namespace
}  // namespace posthorn::trust::dmarc
