// Reports are read as they really come, refused with the reason, and written so that they read back the same.
#include "report/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mail/message.h"
#include "report/intake.h"
#include "report/json.h"
#include "report/unpack.h"
#include "suites.h"

namespace posthorn::report {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(suites_folder() + "/dmarc/" + name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string minimal(const std::string& inside) {
  return "<feedback><report_metadata><org_name>o</org_name><report_id>1</report_id><date_range><begin>1</begin><end>2</end></date_range></report_metadata>"
         "<policy_published><domain>d.test</domain><p>none</p></policy_published>" + inside + "</feedback>";
}
const std::string a_record =
    "<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>"
    "</policy_evaluated></row><identifiers><header_from>d.test</header_from></identifiers><auth_results/></record>";

struct Sample {
  const char* name;
  const char* refused;  // part of the reason; empty: it is read
  std::uint64_t messages = 0;
  std::size_t rows = 0;
  const char* domain = "example.com";
};
const Sample samples[] = {
    {"_example.com_1538204542_1538463818.xml", "", 1, 1},
    {"_large-example.com_1711897200_1711983600.xml", ""},
    {"addisonfoods.com_example.com_1536105600_1536191999.xml", ""},
    {"empty_reason.xml", ""},
    {"example.net_example.com_1529366400_1529452799.xml", ""},
    {"fastmail.com_example.com_1516060800_1516147199_102675056.xml.gz", "", 0, 0, "indemed.com"},
    {"invalid_utf_8.xml", "is no XML"},
    {"invalid_xml.xml", "is no XML"},
    {"old_draft_from_wiki.xml", "", 2, 1},
    {"protection.outlook.com_example.com_1711756800_1711843200.xml", ""},
    {"rfc9990-sample.xml", "", 123, 1},
    {"twilight.eml", "", 0, 0, nullptr},
    {"veeam.com_example.com_1530133200_1530219600.xml", ""},
};

TEST(AggregateReport, RealOnesAreReadAndBadOnesRefusedWithTheReason) {
  if (!std::filesystem::exists(suites_folder() + "/dmarc")) GTEST_SKIP() << "no suites";
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator(suites_folder() + "/dmarc/aggregate")) ++files;
  EXPECT_EQ(files, std::size(samples));
  for (const auto& sample : samples) {
    SCOPED_TRACE(sample.name);
    const auto taken = take_from_file(sample.name, file(std::string("aggregate/") + sample.name));
    if (*sample.refused != 0) {
      EXPECT_TRUE(taken.aggregates.empty());
      ASSERT_EQ(taken.refused.size(), 1u);
      EXPECT_TRUE(taken.refused[0].why.contains(sample.refused)) << taken.refused[0].why;
      continue;
    }
    for (const auto& one : taken.refused) ADD_FAILURE() << one.why;
    ASSERT_EQ(taken.aggregates.size(), 1u);
    const auto& report = taken.aggregates[0];
    EXPECT_GT(report.messages(), 0u);
    if (sample.messages != 0) { EXPECT_EQ(report.messages(), sample.messages); }
    if (sample.rows != 0) { EXPECT_EQ(report.rows.size(), sample.rows); }
    if (sample.domain != nullptr) { EXPECT_EQ(report.published.domain, sample.domain); }
    EXPECT_FALSE(report.org_name.empty() && report.email.empty());
  }
  std::printf("aggregate reports: %zu files, %td of them refused as they are no XML\n", files, std::ranges::count_if(samples, [](const Sample& one) { return *one.refused != 0; }));
}

TEST(AggregateReport, WhatIsWrittenReadsBackTheSame) {
  for (const auto& sample : samples) {
    SCOPED_TRACE(sample.name);
    for (auto report : take_from_file(sample.name, file(std::string("aggregate/") + sample.name)).aggregates) {
      const auto again = read_aggregate(write_aggregate(report));
      ASSERT_TRUE(again) << again.error().text();
      EXPECT_EQ(again->rows, report.rows);
      EXPECT_EQ(again->begin, report.begin);
      EXPECT_EQ(again->org_name, report.org_name);
      EXPECT_EQ(again->format, "9990");
      const auto kept = aggregate_from_json(to_json(report));
      ASSERT_TRUE(kept) << kept.error().text();
      EXPECT_EQ(kept->rows, report.rows);
      EXPECT_EQ(kept->published, report.published);
      EXPECT_EQ(kept->format, report.format);
    }
  }
}

TEST(AggregateReport, TheSampleOfTheStandardIsUnderstoodWhole) {
  if (!std::filesystem::exists(suites_folder() + "/dmarc")) GTEST_SKIP() << "no suites";
  const auto report = read_aggregate(file("aggregate/rfc9990-sample.xml"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->format, "9990");
  EXPECT_EQ(report->generator, "Example DMARC Aggregate Reporter v1.2");
  EXPECT_EQ(report->published.np, "none");
  EXPECT_EQ(report->published.discovery_method, "treewalk");
  EXPECT_EQ(report->rows[0].disposition, "pass");
  EXPECT_TRUE(report->rows[0].dkim_aligned);
  EXPECT_FALSE(report->rows[0].spf_aligned);
  EXPECT_EQ(report->rows[0].dkim[0].selector, "abc123");
}

struct Bad {
  const char* name;
  std::string xml;
  const char* why;
};
TEST(AggregateReport, BadOnesAreRefused) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<a>";
  const Bad all[] = {
      {"empty", "", "no XML"},
      {"other root", "<html/>", "not <feedback>"},
      {"external entity", "<!DOCTYPE feedback [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>" + minimal("<a>&x;</a>"), "document type"},
      {"billion laughs", "<!DOCTYPE f [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><feedback>&b;</feedback>", "document type"},
      {"deep", minimal(deep), "nested"},
      {"no record", minimal(""), "any record"},
      {"cut off", minimal(a_record).substr(0, 300), "no XML"},
      {"no period", "<feedback><report_metadata><org_name>o</org_name><report_id>1</report_id></report_metadata><policy_published><domain>d</domain></policy_published>" + a_record + "</feedback>", "period"},
      {"bad address", minimal("<record><row><source_ip>a.b</source_ip><count>1</count></row></record>"), "any record"},
      {"bad count", minimal("<record><row><source_ip>192.0.2.1</source_ip><count>-1</count></row></record>"), "any record"},
  };
  for (const auto& one : all) {
    SCOPED_TRACE(one.name);
    const auto report = read_aggregate(one.xml);
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().what.contains(one.why)) << report.error().what;
  }
}

TEST(AggregateReport, TooManyRecordsAreRefused) {
  std::string many;
  for (int i = 0; i < 11; ++i) many += a_record;
  Limits limits;
  limits.rows = 10;
  const auto report = read_aggregate(minimal(many), limits);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::too_big);
}

TEST(AggregateReport, GoodRecordsBesideBadOnesAreTakenAndItIsSaid) {
  const auto report = read_aggregate(minimal("<record><row><source_ip>nonsense</source_ip><count>1</count></row></record>" + a_record));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->messages(), 3u);
  ASSERT_EQ(report->notes.size(), 1u);
}

TEST(AggregateReport, ExtensionsOfOthersArePassedOver) {
  const auto report = read_aggregate("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\" xmlns:e=\"urn:else\">" + minimal(a_record).substr(10, minimal(a_record).size() - 21) +
                                     "<extension><e:report_metadata><e:org_name>false</e:org_name></e:report_metadata></extension></feedback>");
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->org_name, "o");
}

TEST(AggregateReport, WhatPeopleWroteCannotBreakTheXml) {
  auto report = *read_aggregate(minimal(a_record));
  report.org_name = "a <b> & \"c\" ]]> \x01\xff";
  const auto again = read_aggregate(write_aggregate(report));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->org_name.starts_with("a <b> & \"c\" ]]>"));
}

TEST(ReportFiles, BombsAreNotUnpacked) {
  const std::string zeros(200u << 20, '\0');
  const auto bomb = gzip(zeros);
  ASSERT_TRUE(bomb);
  const auto out = unpack(*bomb);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, Errc::too_big);
  const auto taken = take_from_file("x.gz", *bomb);
  EXPECT_EQ(taken.refused.size(), 1u);
}

TEST(ReportFiles, GzipComesBackAndDamageIsSeen) {
  const auto xml = minimal(a_record);
  const auto packed = gzip(xml);
  ASSERT_TRUE(packed);
  EXPECT_EQ(unpack(*packed).value(), xml);
  for (std::size_t size = 3; size < packed->size(); size += 7) EXPECT_FALSE(unpack(std::string_view(*packed).substr(0, size))) << size;
}

TEST(FailureReports, RealOnesAreRead) {
  if (!std::filesystem::exists(suites_folder() + "/dmarc")) GTEST_SKIP() << "no suites";
  std::size_t read = 0;
  for (const auto& one : std::filesystem::directory_iterator(suites_folder() + "/dmarc/failure")) {
    SCOPED_TRACE(one.path().string());
    const auto taken = take_from_file(one.path().filename().string(), file("failure/" + one.path().filename().string()));
    for (const auto& failure : taken.failures) {
      ++read;
      EXPECT_FALSE(failure.reported_domain.empty());
      EXPECT_FALSE(failure.source_ip.empty());
    }
    EXPECT_EQ(taken.failures.size() + taken.refused.size(), 1u);
    for (const auto& refused : taken.refused) std::printf("  %s: %s\n", one.path().filename().c_str(), refused.why.c_str());
  }
  std::printf("failure reports: %zu read\n", read);
  EXPECT_EQ(read, 4u);
}

TEST(FailureReports, OfTheNewKindTellWhatDidNotAlign) {
  const std::string mail =
      "From: a@r.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n"
      "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\nUser-Agent: x\r\nAuth-Failure: dmarc\r\nSource-IP: 192.0.2.9\r\n"
      "Reported-Domain: d.test\r\nIdentity-Alignment: dkim, spf\r\nIncidents: 4\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@d.test\r\nSubject: buy\r\n\r\nbody\r\n--b--\r\n";
  const auto taken = take_from_message(mail::parse(mail));
  ASSERT_EQ(taken.failures.size(), 1u);
  const auto& failure = taken.failures[0];
  EXPECT_EQ(failure.identity_alignment, "dkim, spf");
  EXPECT_EQ(failure.incidents, 4u);
  EXPECT_EQ(failure.subject, "buy");
  EXPECT_EQ(failure.reported_domain, "d.test");
}

}  // namespace
}  // namespace posthorn::report
