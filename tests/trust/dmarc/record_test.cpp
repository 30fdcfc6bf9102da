// DMARC records: what is one, what its tags say, and what is said about the bad ones.
#include <algorithm>

#include "kit.h"
#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {
namespace {

TEST(DmarcRecord, IsOneOnlyWithTheVersionInFront) {
  for (const auto* text :
       {"v=DMARC1", "v=DMARC1;", "V=DMARC1; p=none", "v = DMARC1 ; p=none", "v=DMARC1 ;p=none", "v\t=\tDMARC1\t;"})
    EXPECT_TRUE(parse_record(text)) << text;
  for (const auto* text :
       {"", "v", "v=", "v=DMARC", "v=dmarc1; p=none", "v=DMARC11; p=none", "v=DMARC1 p=none", "p=reject; v=DMARC1",
        " v=DMARC1; p=none", "v=spf1 -all", "v=DMARC1,p=none", "\"v=DMARC1; p=none\"", "v=DMARC1\n; p=none"})
    EXPECT_FALSE(parse_record(text)) << text;
}

struct RecordRow {
  std::string text;
  std::optional<Policy> p, sp, np;
  bool usable = true;
  std::size_t errors = 0;
};

TEST(DmarcRecord, PoliciesAreReadAndBrokenOnesFallBack) {
  using enum Policy;
  const std::optional<Policy> no;
  const RecordRow rows[] = {
      {"v=DMARC1; p=none", none, no, no},
      {"v=DMARC1;p=REJECT;SP=Quarantine;nP=none", reject, quarantine, none},
      {"v=DMARC1; p = reject ; sp= none ;", reject, none, no},
      {"v=DMARC1; p=reject; p=none", reject, no, no, true, 1},
      {"v=DMARC1; p=rejct; rua=mailto:r@typo.test", none, no, no, true, 2},
      {"v=DMARC1; p=rejct", no, no, no, false, 2},
      {"v=DMARC1; sp=none", no, no, no, false, 1},
      {"v=DMARC1", no, no, no, false, 1},
      {"v=DMARC1; rua=mailto:r@x.test", none, no, no, true, 1},
      {"v=DMARC1; p=reject; sp=all; rua=mailto:r@x.test", none, no, no, true, 2},
      {"v=DMARC1; p=reject; np=all", no, no, no, false, 2},
      {"v=DMARC1; p=reject; sp=all; rua=nobody", no, no, no, false, 3},
      {"v=DMARC1; p=reject; pct=0; rf=afrf; ri=3600; x=y", reject, no, no},
      {"v=DMARC1; ; p=reject;;", reject, no, no},
      {"v=DMARC1; p; p=reject", reject, no, no, true, 1},
      {"v=DMARC1; p=; p=reject", reject, no, no, true, 1},
      {"v=DMARC1; p1=x; p=reject", reject, no, no, true, 1},
      {"v=DMARC1; p=reject\xc3\xa9", no, no, no, false, 2},
      {"v=DMARC1; p=none reject", no, no, no, false, 2},
  };
  for (const auto& row : rows) {
    const auto record = parse_record(row.text);
    ASSERT_TRUE(record) << row.text;
    EXPECT_EQ(record->p, row.p) << row.text;
    EXPECT_EQ(record->sp, row.sp) << row.text;
    EXPECT_EQ(record->np, row.np) << row.text;
    EXPECT_EQ(record->usable, row.usable) << row.text;
    EXPECT_EQ(record->errors.size(), row.errors) << row.text << " " << testing::PrintToString(record->errors);
    EXPECT_EQ(record->text, row.text);
  }
}

TEST(DmarcRecord, OtherTagsHaveDefaultsForBadValues) {
  const auto all = parse_record("v=DMARC1; p=none; adkim=S; aspf=s; psd=Y; t=y; fo=1:d:s");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->adkim, Alignment::strict);
  EXPECT_EQ(all->aspf, Alignment::strict);
  EXPECT_EQ(all->psd, Psd::yes);
  EXPECT_TRUE(all->testing);
  EXPECT_EQ(all->fo, "1:d:s");
  EXPECT_TRUE(all->errors.empty());
  const auto bad = parse_record("v=DMARC1; p=none; adkim=strict; aspf=x; psd=yes; t=1; fo=0:1");
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->adkim, Alignment::relaxed);
  EXPECT_EQ(bad->aspf, Alignment::relaxed);
  EXPECT_EQ(bad->psd, Psd::unknown);
  EXPECT_FALSE(bad->testing);
  EXPECT_EQ(bad->fo, "0");
  EXPECT_EQ(bad->errors.size(), 5U);
  EXPECT_EQ(parse_record("v=DMARC1; p=none; psd=n")->psd, Psd::no);
  EXPECT_EQ(parse_record("v=DMARC1; p=none; psd=u")->psd, Psd::unknown);
  for (const auto* fo : {"d:d", "", ":", "0:", "2", "d s"})
    EXPECT_EQ(parse_record("v=DMARC1; p=none; fo=" + std::string(fo))->fo, "0") << fo;
}

TEST(DmarcRecord, ReportAddressesLoseTheirOldSize) {
  const auto record = parse_record(
      "v=DMARC1; p=none; rua=mailto:a@x.test!10m , mailto:b%2Bc@x.test!5,https://x.test/in,mailto:nobody,x,mailto:d@x.test!big,"
      "mailto:e@x.test?subject=x; ruf=mailto:f@x.test");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->rua, (std::vector<std::string>{"mailto:a@x.test", "mailto:b%2Bc@x.test", "https://x.test/in",
                                                   "mailto:e@x.test?subject=x"}));
  EXPECT_EQ(record->ruf, std::vector<std::string>{"mailto:f@x.test"});
  EXPECT_EQ(record->errors.size(), 3U);
}

TEST(DmarcRecord, FloodsStayBounded) {
  std::string text = "v=DMARC1; p=none; rua=mailto:a@x.test";
  for (int i = 0; i < 5000; ++i) text += ",mailto:a@x.test";
  for (int i = 0; i < 5000; ++i) text += ";junk;t=q";
  const auto record = parse_record(text);
  ASSERT_TRUE(record);
  EXPECT_LE(record->rua.size(), 50U);
  EXPECT_LE(record->errors.size(), 20U);
  EXPECT_LE(explain(*record).size(), 200U);
}

TEST(DmarcRecord, IsExplainedTagByTag) {
  const auto record = parse_record(
      "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=q; t=y; psd=n; pct=50; zz=1; fo=1:s; ruf=mailto:f@x.test; "
      "p=none; junk");
  ASSERT_TRUE(record);
  const auto notes = explain(*record);
  const auto note = [&notes](std::string_view tag) {
    for (const auto& n : notes)
      if (n.tag == tag) return n;
    return TagNote{};
  };
  EXPECT_TRUE(note("p").meaning.contains("refused"));
  EXPECT_TRUE(note("sp").meaning.contains("subdomains that exist"));
  EXPECT_TRUE(note("np").meaning.contains("do not exist"));
  EXPECT_TRUE(note("adkim").meaning.contains("exactly"));
  EXPECT_FALSE(note("aspf").good);
  EXPECT_TRUE(note("t").meaning.contains("one step weaker"));
  EXPECT_TRUE(note("psd").good);
  EXPECT_FALSE(note("pct").good);
  EXPECT_TRUE(note("pct").meaning.contains("RFC 9989"));
  EXPECT_FALSE(note("zz").good);
  EXPECT_TRUE(note("fo").meaning.contains("SPF failed"));
  EXPECT_TRUE(note("ruf").good);
  EXPECT_FALSE(note("rua").good);
  EXPECT_TRUE(note("rua").meaning.contains("missing"));
  EXPECT_EQ(std::ranges::count_if(notes, [](const auto& n) { return n.tag == "p"; }), 2);
  EXPECT_FALSE(explain(*parse_record("v=DMARC1"))[1].good);
}

}  // namespace
}  // namespace posthorn::trust::dmarc
