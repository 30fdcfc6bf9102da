// DMARC's verdict: alignment, the policy's tag, test mode, broken records, failing DNS (RFC 9989 4.4 to 4.7).
#include <random>

#include "kit.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;
using Domains = std::vector<std::string>;
using Spf = std::optional<std::string>;
const Spf no_spf;

struct Row {
  std::string what;
  Records records;  // at _dmarc.NAME
  std::string author;
  Spf spf;
  Domains dkim;
  Result result;
  Policy policy = Policy::none, applied = Policy::none;
  std::string tag = "", organization = "";
  bool exists = true;
};

Dns dns_of(const Row& row) {
  Dns dns;
  for (const auto& [name, text] : row.records) dns.txt("_dmarc." + name, text);
  if (row.exists) dns.host(row.author);
  return dns;
}

Verdict checked(const Dns& dns, std::string_view author, const Identifiers& identifiers) {
  Answers answers;
  return driven(dns, answers, [&](Answers& a) { return check(author, identifiers, a); });
}

using enum Policy;
const std::string orchid = "v=DMARC1; p=reject; rua=mailto:d@orchid.example";
const Records brook{{"brook.test", "v=DMARC1; p=quarantine; np=reject; t=y; rua=mailto:r@brook.test"}};
const Records uni{{"uni.example", "v=DMARC1; p=reject"},
                  {"lab.uni.example", "v=DMARC1; p=none; psd=n; rua=mailto:r@lab.uni.example"}};
const Records bank{{"bankreg.test",
                    "v=DMARC1; p=reject; sp=quarantine; np=reject; psd=y; rua=mailto:a@bankreg.test; ruf=mailto:f@bankreg.test"}};
const Records shop{{"shop.test", "v=DMARC1; p=quarantine; adkim=s"}, {"b.c.d.e.f.g.h.shop.test", "v=DMARC1; p=none; psd=n"}};
const Records tags{{"all.test", "v=DMARC1; p=reject; sp=quarantine; np=none"},
                   {"sp.test", "v=DMARC1; p=reject; sp=none"},
                   {"np.test", "v=DMARC1; p=none; np=reject"},
                   {"p.test", "v=DMARC1; p=quarantine"}};
const Records two{{"pair.test", "v=DMARC1; p=reject"}, {"pair.test", "v=DMARC1; p=none"}};

// The worked examples of /work/shared/rfc/dmarc-9989-notes.md, 12.
const std::vector<Row>& examples() {
  static const std::vector<Row> rows = {
      {"1",
       {{"orchid.example", orchid}},
       "news.orchid.example",
       "esp.mailer.test",
       {"orchid.example"},
       Result::pass,
       reject,
       none,
       "p",
       "orchid.example"},
      {"2", brook, "nope.brook.test", "evil.test", {}, Result::fail, reject, quarantine, "np", "brook.test", false},
      {"2 existing", brook, "nope.brook.test", "evil.test", {}, Result::fail, quarantine, none, "p", "brook.test"},
      {"3", uni, "mail.lab.uni.example", no_spf, {"uni.example"}, Result::fail, none, none, "p", "lab.uni.example"},
      {"3 reverse", uni, "uni.example", no_spf, {"lab.uni.example"}, Result::fail, reject, reject, "p", "uni.example"},
      {"4",
       bank,
       "alpha.bankreg.test",
       no_spf,
       {"mail.alpha.bankreg.test"},
       Result::pass,
       quarantine,
       none,
       "sp",
       "alpha.bankreg.test"},
      {"4 other",
       bank,
       "alpha.bankreg.test",
       no_spf,
       {"beta.bankreg.test"},
       Result::fail,
       quarantine,
       quarantine,
       "sp",
       "alpha.bankreg.test"},
      {"4 itself", bank, "bankreg.test", no_spf, {"bankreg.test"}, Result::pass, reject, none, "p"},
      {"4 itself by a registrant",
       bank,
       "bankreg.test",
       no_spf,
       {"alpha.bankreg.test"},
       Result::fail,
       reject,
       reject,
       "p",
       "bankreg.test"},
      {"5",
       shop,
       "a.b.c.d.e.f.g.h.shop.test",
       "bounce.shop.test",
       {"shop.test"},
       Result::pass,
       quarantine,
       none,
       "p",
       "shop.test"},
      {"5 strict alone",
       shop,
       "a.b.c.d.e.f.g.h.shop.test",
       no_spf,
       {"shop.test"},
       Result::fail,
       quarantine,
       quarantine,
       "p",
       "shop.test"},
      {"6 bank1",
       {{"bank1.example", "v=DMARC1; p=reject"}},
       "bank1.example",
       no_spf,
       {"evil.test"},
       Result::fail,
       reject,
       reject,
       "p"},
      {"6 evil", {{"evil.test", "v=DMARC1; p=none"}}, "evil.test", no_spf, {"evil.test"}, Result::pass, none, none, "p"},
      {"7a", two, "pair.test", no_spf, {}, Result::none},
      {"7b",
       {{"typo.test", "v=DMARC1; p=rejct; rua=mailto:r@typo.test"}},
       "typo.test",
       no_spf,
       {},
       Result::fail,
       none,
       none,
       "p"},
      {"7c", {{"typo.test", "v=DMARC1; p=rejct"}}, "typo.test", "typo.test", {}, Result::permerror},
      {"7d", {{"typo.test", "v=DMARC1; sp=none"}}, "typo.test", "typo.test", {}, Result::permerror},
      {"7e", {{"typo.test", "p=reject; v=DMARC1"}}, "typo.test", no_spf, {}, Result::none},
      {"7f",
       {{"x.test", "v=DMARC1; p=reject; pct=0; rua=mailto:r@x.test!10m"}},
       "x.test",
       no_spf,
       {},
       Result::fail,
       reject,
       reject,
       "p"},
  };
  return rows;
}

const std::vector<Row>& more() {
  static const Records relaxed{{"a.test", "v=DMARC1; p=reject"}}, strict{{"a.test", "v=DMARC1; p=reject; adkim=s; aspf=s"}};
  static const Records dkim_strict{{"a.test", "v=DMARC1; p=reject; adkim=s"}},
      spf_strict{{"a.test", "v=DMARC1; p=reject; aspf=s"}};
  static const Records sub_strict{{"a.test", "v=DMARC1; p=none"}, {"m.a.test", "v=DMARC1; p=reject; adkim=s"}};
  static const Records tests{
      {"n.test", "v=DMARC1; p=none; t=y"}, {"q.test", "v=DMARC1; p=quarantine; t=y"}, {"r.test", "v=DMARC1; p=reject; t=y"}};
  static const std::vector<Row> rows = {
      // the tag (4.2)
      {"own p", tags, "all.test", no_spf, {}, Result::fail, reject, reject, "p"},
      {"own p though it does not exist", tags, "all.test", no_spf, {}, Result::fail, reject, reject, "p", "", false},
      {"sub exists: sp", tags, "s.all.test", no_spf, {}, Result::fail, quarantine, quarantine, "sp"},
      {"sub missing: np", tags, "s.all.test", no_spf, {}, Result::fail, none, none, "np", "", false},
      {"deep sub missing: np", tags, "x.y.z.all.test", no_spf, {}, Result::fail, none, none, "np", "", false},
      {"sp without np, exists", tags, "s.sp.test", no_spf, {}, Result::fail, none, none, "sp"},
      {"sp without np, missing", tags, "s.sp.test", no_spf, {}, Result::fail, none, none, "sp", "", false},
      {"np without sp, exists", tags, "s.np.test", no_spf, {}, Result::fail, none, none, "p"},
      {"np without sp, missing", tags, "s.np.test", no_spf, {}, Result::fail, reject, reject, "np", "", false},
      {"only p, exists", tags, "s.p.test", no_spf, {}, Result::fail, quarantine, quarantine, "p"},
      {"only p, missing", tags, "s.p.test", no_spf, {}, Result::fail, quarantine, quarantine, "p", "", false},
      {"np and a pass", tags, "s.np.test", "np.test", {}, Result::pass, reject, none, "np", "", false},
      // test mode (4.4)
      {"t on none", tests, "n.test", no_spf, {}, Result::fail, none, none, "p"},
      {"t on quarantine", tests, "q.test", no_spf, {}, Result::fail, quarantine, none, "p"},
      {"t on reject", tests, "r.test", no_spf, {}, Result::fail, reject, quarantine, "p"},
      {"t and a pass", tests, "r.test", "r.test", {}, Result::pass, reject, none, "p"},
      // alignment (5)
      {"nothing proved", relaxed, "a.test", no_spf, {}, Result::fail, reject, reject, "p"},
      {"spf equal", relaxed, "a.test", "a.test", {}, Result::pass, reject, none, "p"},
      {"spf below", relaxed, "a.test", "b.a.test", {}, Result::pass, reject, none, "p", "a.test"},
      {"spf above", relaxed, "b.a.test", "a.test", {}, Result::pass, reject, none, "p", "a.test"},
      {"spf beside", relaxed, "b.a.test", "c.a.test", {}, Result::pass, reject, none, "p", "a.test"},
      {"spf elsewhere", relaxed, "a.test", "b.test", {}, Result::fail, reject, reject, "p"},
      {"spf ends alike", relaxed, "a.test", "evila.test", {}, Result::fail, reject, reject, "p"},
      {"spf continues", relaxed, "a.test", "a.test.evil", {}, Result::fail, reject, reject, "p"},
      {"dkim equal", relaxed, "a.test", no_spf, {"a.test"}, Result::pass, reject, none, "p"},
      {"dkim second aligned", relaxed, "a.test", no_spf, {"x.example", "b.a.test"}, Result::pass, reject, none, "p", "a.test"},
      {"dkim at the TLD", relaxed, "a.test", no_spf, {"test"}, Result::fail, reject, reject, "p"},
      {"dkim below", relaxed, "a.test", no_spf, {"x.y.z.a.test"}, Result::pass, reject, none, "p", "a.test"},
      {"strict spf below", strict, "a.test", "b.a.test", {}, Result::fail, reject, reject, "p"},
      {"strict dkim below", strict, "a.test", no_spf, {"b.a.test"}, Result::fail, reject, reject, "p"},
      {"strict equal", strict, "a.test", "a.test", {"a.test"}, Result::pass, reject, none, "p"},
      {"strict above", strict, "b.a.test", no_spf, {"a.test"}, Result::fail, reject, reject, "p"},
      {"strict dkim, relaxed spf", dkim_strict, "a.test", "b.a.test", {"b.a.test"}, Result::pass, reject, none, "p"},
      {"strict spf, relaxed dkim", spf_strict, "a.test", "b.a.test", {"b.a.test"}, Result::pass, reject, none, "p"},
      {"strict spf alone", spf_strict, "a.test", "b.a.test", {}, Result::fail, reject, reject, "p"},
      {"mode of the author's record counts", sub_strict, "m.a.test", no_spf, {"a.test"}, Result::fail, reject, reject, "p"},
      {"the other's mode does not", sub_strict, "a.test", no_spf, {"m.a.test"}, Result::pass, none, none, "p", "a.test"},
      {"own record, organization above", sub_strict, "m.a.test", "a.test", {}, Result::pass, reject, none, "p", "a.test"},
      {"no record", {}, "a.test", "a.test", {"a.test"}, Result::none},
      {"TLD record owns all",
       {{"test", "v=DMARC1; p=reject"}},
       "a.test",
       no_spf,
       {"b.test"},
       Result::pass,
       reject,
       none,
       "p",
       "test"},
      {"psd above both",
       {{"test", "v=DMARC1; p=reject; psd=y"}},
       "a.test",
       no_spf,
       {"b.test"},
       Result::fail,
       reject,
       reject,
       "p",
       "a.test"},
      {"psd record, aligned below",
       {{"test", "v=DMARC1; p=reject; psd=y"}},
       "a.test",
       "m.a.test",
       {},
       Result::pass,
       reject,
       none,
       "p",
       "a.test"},
  };
  return rows;
}

TEST(DmarcCheck, JudgesTheExamplesAndOthers) {
  ASSERT_GE(more().size(), 40U);
  for (const auto* table : {&examples(), &more()})
    for (const auto& row : *table) {
      const auto verdict = checked(dns_of(row), row.author, {row.spf, row.dkim});
      EXPECT_EQ(name_of(verdict.result), name_of(row.result)) << row.what << ": " << verdict.reason;
      EXPECT_EQ(name_of(verdict.policy), name_of(row.policy)) << row.what;
      EXPECT_EQ(name_of(verdict.applied), name_of(row.applied)) << row.what;
      EXPECT_EQ(verdict.tag, row.tag) << row.what;
      EXPECT_EQ(verdict.author, row.author);
      EXPECT_FALSE(verdict.reason.empty());
      if (!row.organization.empty()) {
        EXPECT_EQ(verdict.organizational_domain, row.organization) << row.what;
      }
    }
}

TEST(DmarcCheck, SaysWhatAligned) {
  const auto& one = examples()[0];
  const auto verdict = checked(dns_of(one), one.author, {one.spf, one.dkim});
  EXPECT_FALSE(verdict.spf_aligned);
  EXPECT_TRUE(verdict.dkim_aligned);
  EXPECT_EQ(verdict.aligned_dkim_domain, "orchid.example");
  EXPECT_EQ(verdict.record_domain, "orchid.example");
  EXPECT_EQ(verdict.record, orchid);
  EXPECT_EQ(verdict.queried, (Domains{"_dmarc.news.orchid.example", "_dmarc.orchid.example", "_dmarc.example"}));
  EXPECT_EQ(verdict.reason, "the DKIM signature of orchid.example proves news.orchid.example");
}

TEST(DmarcCheck, AsksNoMoreThanItNeeds) {
  Dns dns;
  dns.txt("_dmarc.a.test", "v=DMARC1; p=reject; np=none");
  const auto count = [&dns](const Identifiers& identifiers) {
    Answers answers;
    driven(dns, answers, [&](Answers& a) { return check("a.test", identifiers, a); });
    return answers.all().size();
  };
  EXPECT_EQ(count({"a.test", {}}), 1U);          // equal: no walk
  EXPECT_EQ(count({}), 1U);                      // nothing to align
  EXPECT_EQ(count({"other.example", {}}), 2U);   // the author's walk only: _dmarc.test
  EXPECT_EQ(count({no_spf, {"m.a.test"}}), 3U);  // and the other's
}

TEST(DmarcCheck, FailingLookupsGiveTemperrorWhereTheyMatter) {
  Dns dns;
  dns.txt("_dmarc.a.test", "v=DMARC1; p=reject; np=none");
  auto result = [](const Dns& d, std::string_view author, const Identifiers& identifiers) {
    return name_of(checked(d, author, identifiers).result);
  };
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.a.test"), "a.test", {"a.test", {}}), "temperror");
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.test"), "a.test", {"a.test", {}}), "pass");         // not needed
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.test"), "a.test", {"b.a.test", {}}), "temperror");  // needed
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.test"), "a.test", {"b.a.test", {"a.test"}}), "pass");
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.b.a.test"), "a.test", {"b.a.test", {}}), "temperror");
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.b.a.test"), "a.test", {"b.a.test", {"c.a.test"}}), "pass");
  EXPECT_EQ(result(Dns(dns).fails("_dmarc.evil.example"), "a.test", {"evil.example", {}}), "fail");  // cannot align
  EXPECT_EQ(result(Dns(dns).fails("sub.a.test"), "sub.a.test", {}), "temperror");                    // p or np?
  EXPECT_EQ(result(Dns(dns).fails("sub.a.test"), "sub.a.test", {"a.test", {}}), "pass");
}

TEST(DmarcCheck, ChecksThatCouldNotBeDoneCountOnlyWhereTheyWouldAlign) {
  Dns dns;
  dns.txt("_dmarc.a.test", "v=DMARC1; p=reject");
  const auto result = [&dns](const Identifiers& identifiers) { return name_of(checked(dns, "a.test", identifiers).result); };
  EXPECT_EQ(result({no_spf, {}, "m.a.test", {}}), "temperror");
  EXPECT_EQ(result({no_spf, {}, no_spf, {"a.test"}}), "temperror");
  EXPECT_EQ(result({no_spf, {}, "evil.example", {"evil.example", "test"}}), "fail");
  EXPECT_EQ(result({no_spf, {"a.test"}, "a.test", {}}), "pass");
}

// Random trees, identifiers and failures: no failure ever makes a pass that the whole DNS would not give, and none of it hangs.
TEST(DmarcCheck, RandomFailuresNeverMakeAPass) {
  std::mt19937 random(9989);
  const auto pick = [&random](std::size_t n) { return random() % n; };
  const Domains names{"test", "a.test", "b.a.test", "c.b.a.test", "d.a.test", "x.test", "y.x.test"};
  const Domains records{"v=DMARC1; p=reject",
                        "v=DMARC1; p=none; psd=y",
                        "v=DMARC1; p=quarantine; psd=n",
                        "v=DMARC1; p=reject; adkim=s; aspf=s; np=none",
                        "v=DMARC1; p=bad",
                        "v=spf1 -all"};
  int passes = 0, temperrors = 0;
  for (int i = 0; i < 5000; ++i) {
    Dns dns;
    for (const auto& name : names)
      if (pick(2) == 0) dns.txt("_dmarc." + name, records[pick(records.size())]);
    Identifiers identifiers;
    if (pick(2) == 0) identifiers.spf = names[pick(names.size())];
    for (auto n = pick(3); n > 0; --n) identifiers.dkim.push_back(names[pick(names.size())]);
    const auto& author = names[pick(names.size())];
    const auto whole = checked(dns, author, identifiers);
    Dns broken = dns;
    for (const auto& name : names) {
      if (pick(4) == 0) broken.fails("_dmarc." + name);
      if (pick(4) == 0) broken.fails(name);
    }
    const auto verdict = checked(broken, author, identifiers);
    if (verdict.result == Result::pass) {
      EXPECT_EQ(whole.result, Result::pass) << author;
      ++passes;
    }
    EXPECT_TRUE(verdict.result == whole.result || verdict.result == Result::temperror) << author << " " << verdict.reason;
    temperrors += verdict.result == Result::temperror ? 1 : 0;
  }
  EXPECT_GT(passes, 300);
  EXPECT_GT(temperrors, 300);
}

}  // namespace
}  // namespace posthorn::trust::dmarc
