// The tree walk, the organizational domain and whose policy applies (RFC 9989 4.10): exact queries, tags, failures.
#include "kit.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {
namespace {

Discovery discovered(const Dns& dns, std::string_view author) {
  Answers answers;
  return driven(dns, answers, [author](Answers& a) { return discover(author, a); });
}

struct Names {
  std::string author;
  std::vector<std::string> below_dmarc;
};

TEST(DmarcWalk, AsksTheseNamesAndNoOthers) {
  const Names rows[] = {
      {"test", {"test"}},
      {"a.test", {"a.test", "test"}},
      {"b.a.test", {"b.a.test", "a.test", "test"}},
      {"f.e.d.c.b.a.test", {"f.e.d.c.b.a.test", "e.d.c.b.a.test", "d.c.b.a.test", "c.b.a.test", "b.a.test", "a.test", "test"}},
      {"g.f.e.d.c.b.a.test",
       {"g.f.e.d.c.b.a.test", "f.e.d.c.b.a.test", "e.d.c.b.a.test", "d.c.b.a.test", "c.b.a.test", "b.a.test", "a.test", "test"}},
      {"h.g.f.e.d.c.b.a.test",
       {"h.g.f.e.d.c.b.a.test", "f.e.d.c.b.a.test", "e.d.c.b.a.test", "d.c.b.a.test", "c.b.a.test", "b.a.test", "a.test",
        "test"}},
      {"l.k.j.i.h.g.f.e.d.c.b.a.test",
       {"l.k.j.i.h.g.f.e.d.c.b.a.test", "f.e.d.c.b.a.test", "e.d.c.b.a.test", "d.c.b.a.test", "c.b.a.test", "b.a.test", "a.test",
        "test"}},
  };
  for (const auto& row : rows) {
    std::vector<Question> asked;
    Answers answers;
    const auto found = driven(
        Dns(), answers, [&row](Answers& a) { return discover(row.author, a); }, &asked);
    std::vector<std::string> expected;
    for (const auto& name : row.below_dmarc) expected.push_back("_dmarc." + name);
    EXPECT_EQ(found.queried, expected) << row.author;
    std::vector<std::string> names;
    for (const auto& question : asked) names.push_back(question.name);
    EXPECT_EQ(names, expected) << row.author;
    EXPECT_LE(names.size(), 8U);
    EXPECT_EQ(found.organizational_domain, row.author);
    EXPECT_FALSE(found.found);
    EXPECT_EQ(found.trouble, Result::none);
  }
}

struct Tree {
  std::string what;
  std::vector<std::pair<std::string, std::string>> records;
  std::string author, organization, record_domain;  // record_domain "": none applies
  bool from_psd = false;
};
const std::string plain = "v=DMARC1; p=none", psd_y = "v=DMARC1; p=none; psd=y", psd_n = "v=DMARC1; p=none; psd=n",
                  psd_u = "v=DMARC1; p=none; psd=u";

const std::vector<Tree>& trees() {
  static const std::vector<Tree> rows = {
      {"own record, nothing above", {{"a.b.test", plain}}, "a.b.test", "a.b.test", "a.b.test"},
      {"own record and one above", {{"a.b.test", plain}, {"b.test", plain}}, "a.b.test", "b.test", "a.b.test"},
      {"only above", {{"b.test", plain}}, "a.b.test", "b.test", "b.test"},
      {"the highest is the organization",
       {{"a.b.c.test", plain}, {"b.c.test", plain}, {"c.test", plain}},
       "x.a.b.c.test",
       "c.test",
       "c.test"},
      {"a TLD without psd owns all", {{"test", plain}, {"b.test", plain}}, "a.b.test", "test", "test"},
      {"psd=n defends against that", {{"test", plain}, {"b.test", psd_n}}, "a.b.test", "b.test", "b.test"},
      {"psd=n at the start", {{"a.b.test", psd_n}, {"b.test", plain}}, "a.b.test", "a.b.test", "a.b.test"},
      {"psd=y at the start is its own", {{"b.test", psd_y}, {"test", plain}}, "b.test", "b.test", "b.test"},
      {"psd=y above, nothing below it", {{"b.test", psd_y}}, "x.a.b.test", "a.b.test", "b.test", true},
      {"psd=y above, organization has one", {{"b.test", psd_y}, {"a.b.test", plain}}, "x.a.b.test", "a.b.test", "a.b.test"},
      {"psd=y above, record only between",
       {{"b.test", psd_y}, {"x.a.b.test", plain}},
       "y.x.a.b.test",
       "a.b.test",
       "b.test",
       true},
      {"psd=y directly above", {{"b.test", psd_y}}, "a.b.test", "a.b.test", "b.test", true},
      {"psd=y at the top", {{"test", psd_y}}, "a.b.test", "b.test", "test", true},
      {"psd=y ends the walk", {{"b.test", psd_y}, {"test", psd_n}}, "a.b.test", "a.b.test", "b.test", true},
      {"psd=u goes on", {{"a.b.test", psd_u}, {"b.test", psd_u}}, "a.b.test", "b.test", "a.b.test"},
      {"own record under a psd=y", {{"a.b.test", plain}, {"b.test", psd_y}}, "a.b.test", "a.b.test", "a.b.test"},
      {"own record far under a psd=y", {{"x.a.b.test", plain}, {"b.test", psd_y}}, "x.a.b.test", "a.b.test", "x.a.b.test"},
      {"two records count as none", {{"a.test", plain}, {"a.test", plain + ";"}}, "a.test", "a.test", ""},
      {"two records, one above", {{"a.b.test", plain}, {"a.b.test", psd_n}, {"b.test", plain}}, "a.b.test", "b.test", "b.test"},
      {"other text beside the record",
       {{"a.test", "v=spf1 -all"}, {"a.test", plain}, {"a.test", "v=DMARC2; p=none"}},
       "a.test",
       "a.test",
       "a.test"},
      {"a record that is none", {{"a.test", "p=reject; v=DMARC1"}}, "a.test", "a.test", ""},
      {"hidden between",
       {{"b.c.d.e.f.g.h.shop.test", psd_n}, {"shop.test", plain}},
       "a.b.c.d.e.f.g.h.shop.test",
       "shop.test",
       "shop.test"},
      {"deep but exact",
       {{"a.b.c.d.e.f.g.h.shop.test", plain}},
       "a.b.c.d.e.f.g.h.shop.test",
       "a.b.c.d.e.f.g.h.shop.test",
       "a.b.c.d.e.f.g.h.shop.test"},
      {"an unusable record still stands", {{"a.test", "v=DMARC1; p=rejct"}, {"test", plain}}, "a.test", "test", "a.test"},
  };
  return rows;
}

TEST(DmarcWalk, FindsOrganizationAndRecord) {
  for (const auto& row : trees()) {
    Dns dns;
    for (const auto& [name, text] : row.records) dns.txt("_dmarc." + name, text);
    const auto found = discovered(dns, row.author);
    EXPECT_EQ(found.organizational_domain, row.organization) << row.what;
    EXPECT_EQ(found.found ? found.found->domain : "", row.record_domain) << row.what;
    EXPECT_EQ(found.from_psd, row.from_psd) << row.what;
    EXPECT_FALSE(found.why.empty());
    Answers answers;
    const auto walk = driven(dns, answers, [&row](Answers& a) { return organizational_domain(row.author, a); });
    EXPECT_EQ(walk.organizational_domain, row.organization) << row.what;
  }
}

TEST(DmarcWalk, AFailureAtAnyStepIsNoResult) {
  const std::string author = "a.b.c.test";
  for (const auto* name : {"_dmarc.a.b.c.test", "_dmarc.b.c.test", "_dmarc.c.test", "_dmarc.test"}) {
    const auto found = discovered(Dns().fails(name), author);
    EXPECT_EQ(found.trouble, Result::temperror) << name;
    EXPECT_FALSE(found.found);
    EXPECT_TRUE(found.why.contains(name)) << found.why;
  }
  // Behind psd= nothing is asked, so nothing can fail.
  const auto cut = discovered(Dns().txt("_dmarc.c.test", psd_n).fails("_dmarc.test"), author);
  EXPECT_EQ(cut.trouble, Result::none);
  EXPECT_EQ(cut.organizational_domain, "c.test");
}

TEST(DmarcWalk, WildcardTextAndMissingDataAreNoRecords) {
  const auto dns = Dns::of(
      "$ORIGIN example.\n*.wild 60 IN TXT \"v=spf1 -all\"\nwild 60 IN A 192.0.2.1\n_dmarc.data 60 IN A 192.0.2.1\n"
      "_dmarc.long 60 IN TXT \"v=DMA\" \"RC1; p=rej\" \"ect\"\n_dmarc.alias 60 IN CNAME _dmarc.long\n");
  EXPECT_FALSE(discovered(dns, "x.wild.example").found);
  EXPECT_FALSE(discovered(dns, "data.example").found);
  ASSERT_TRUE(discovered(dns, "long.example").found);
  EXPECT_EQ(discovered(dns, "long.example").found->record.p, Policy::reject);
  ASSERT_TRUE(discovered(dns, "alias.example").found);
  EXPECT_EQ(discovered(dns, "alias.example").found->domain, "alias.example");
}

TEST(DmarcWalk, NamesTooLongToBeAskedHaveNoRecord) {
  std::string name;
  while (name.size() < 245) name += "aaaaaaaaa.";
  name += "test";
  const auto found = discovered(Dns().txt("_dmarc.test", plain), name);
  ASSERT_TRUE(found.found);
  EXPECT_EQ(found.found->domain, "test");
}

}  // namespace
}  // namespace posthorn::trust::dmarc
