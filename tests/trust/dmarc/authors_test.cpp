// Who the author is: DMARC, IMAP and people must see the same address (attacks.md C1).
#include <algorithm>
#include <ctime>
#include <map>
#include <random>

#include "kit.h"
#include "mail/address.h"
#include "mail/summary.h"
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

// From headers from pieces that parsers are known to fall out over.
class Generator {
 public:
  std::string from_header() {
    std::string out = pick({"From:", "From:", "From:", "from:", "FROM:", "From :", "From\t:"});
    out += pick({" ", "", "\r\n ", "\t"});
    for (int n = 1 + static_cast<int>(random_() % 3); n > 0; --n) {
      out += element();
      if (n > 1) out += pick({", ", ",", ",\r\n ", ";", " ", "\\,", ",,"});
    }
    return out + "\r\n";
  }
  bool one_in(unsigned n) { return random_() % n == 0; }

 private:
  std::string pick(std::initializer_list<const char*> all) { return *(all.begin() + random_() % all.size()); }
  std::string spec() {
    return pick({"admin", "a.b", "\"a b\"", "\"a@evil.test\"", "", "any", "@attack.test,@any.test:admin", "@attack.test:a",
                 "=?utf-8?b?YWRtaW4=?="}) +
           pick({"@", "@", "@", "@", "", "@@", "(c)@", " @ "}) +
           pick({"legit.test", "LEGIT.test", "attack.test", "m\xc3\xbcller.test", "xn--mller-kva.test", "[192.0.2.1]",
                 "legit(x.attack.test", "legit.test.", "x_y.test", "", "legit'a.attack.test", "a. b.test", "legit.test\\",
                 "legit.test (c)"});
  }
  std::string element() {
    switch (random_() % 8) {
      case 0: return spec();
      case 1: return "<" + spec() + ">";
      case 2:
        return pick({"Ann", "\"admin@legit.test\"", "=?utf-8?q?admin=40legit.test?=", "(c)", "admin@legit.test",
                     "<x@legit.test>"}) +
               " <" + spec() + ">";
      case 3: return "<" + spec() + ">" + spec();
      case 4:
        return "Group: " + spec() +
               pick({";", "",
                     ", "
                     "b@x.test;"});
      case 5: return "(" + spec() + ") " + spec();
      case 6: return "\"" + spec() + "\" <" + spec() + pick({">", "", ">>"});
      default: return spec() + " (" + spec() + ")";
    }
  }
  std::mt19937 random_{1979};
};

// 0 disagreements in 100,000: what ENVELOPE shows is what DMARC judges, or DMARC says that something is wrong.
TEST(DmarcAuthors, AreThoseOfTheEnvelope) {
  Generator generator;
  int clean = 0, shown = 0;
  std::map<std::string, ::posthorn::Result<std::string>> domains;  // what parse_domain() says, once for each spelling
  const auto begin = std::clock();
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = generator.from_header();
    if (generator.one_in(20)) bytes += generator.from_header();
    bytes += "Sender: <admin@legit.test>\r\n\r\n";
    const auto message = mail::parse(bytes);
    // summarize() keeps what envelope_of() gives; it is asked too where that is not too slow for a build without optimization.
    const auto envelope = i % 10 == 0 ? mail::summarize(message).envelope : mail::envelope_of(message.root().fields);
    const auto found = authors_of(message);
    Domains seen;
    bool all_valid = true;
    for (const auto& address : envelope.from) {
      if (address.kind != mail::HeaderAddress::Kind::mailbox) continue;
      ++shown;
      if (!domains.contains(address.domain)) domains.emplace(address.domain, mail::parse_domain(address.domain));
      const auto& domain = domains.at(address.domain);
      if (!address.valid || !domain || domain->starts_with('[')) {
        all_valid = false;
      } else if (std::ranges::find(seen, *domain) == seen.end()) {
        seen.push_back(*domain);
      }
    }
    for (const auto& domain : seen) ASSERT_TRUE(std::ranges::find(found.domains, domain) != found.domains.end()) << bytes;
    if (!all_valid || seen.empty()) {
      ASSERT_FALSE(found.problems.empty()) << bytes;
    }
    if (found.problems.empty()) {
      ASSERT_EQ(found.domains, seen) << bytes;
      ++clean;
    }
  }
  EXPECT_GT(clean, 5'000);
  EXPECT_GT(shown, 100'000);
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 60);  // an optimized build needs 2, one without optimization 11
}

}  // namespace
}  // namespace posthorn::trust::dmarc
