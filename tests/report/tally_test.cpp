// Ten thousand judged messages make reports whose counts add up; where these may go; the mail that carries them; who sent.
#include "report/tally.h"

#include <gtest/gtest.h>

#include <random>

#include "dns/zone.h"
#include "mail/message.h"
#include "report/compose.h"
#include "report/destination.h"
#include "report/intake.h"
#include "report/sources.h"

namespace posthorn::report {
namespace {

const char* tally_zone = R"($TTL 60
_dmarc.orchid.test. IN TXT "v=DMARC1; p=reject; sp=quarantine; rua=mailto:r@orchid.test"
_dmarc.brook.test. IN TXT "v=DMARC1; p=none; adkim=s; rua=mailto:r@brook.test"
news.orchid.test. IN A 192.0.2.5
orchid.test. IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
brook.test. IN TXT "v=spf1 ip4:192.0.2.16/28 ~all"
none.test. IN TXT "v=spf1 +all"
inn.test. IN A 192.0.2.6
_dmarc.inn.test. IN TXT "v=DMARC1; p=none"
inn.test._report._dmarc.saas.test. IN TXT "v=DMARC1;"
moved.test._report._dmarc.saas.test. IN TXT "v=DMARC1; rua=mailto:new@saas.test"
stolen.test._report._dmarc.saas.test. IN TXT "v=DMARC1; rua=mailto:new@other.test"
)";

// Answers a pure function's questions from the zone; what is not there does not exist.
template <class Ask>
auto answered(const Ask& ask) {
  trust::Answers answers;
  const auto parsed = dns::parse_zone(tally_zone);
  for (;;) {
    if (auto out = ask(answers)) return std::move(*out);
    for (const auto& question : answers.take_missing()) answers.put(question, parsed->answer(question.name, question.type));
  }
}

trust::Judgement judged(const trust::Facts& facts, const std::string& from) {
  const std::string message = "From: x@" + from + "\r\nSubject: s\r\n\r\nb\r\n";
  const auto parsed = mail::parse(message);
  return answered([&](trust::Answers& answers) { return trust::judge(parsed, facts, {}, answers); });
}

TEST(Tally, OfTenThousandJudgedMessagesTheCountsAddUp) {
  std::mt19937 random(7);
  const auto pick = [&random](const auto& all) { return all[random() % std::size(all)]; };
  const char* authors[] = {"orchid.test", "news.orchid.test", "brook.test", "none.test", "nobody.test"};
  const char* senders[] = {"a@orchid.test", "b@news.orchid.test", "c@brook.test", "d@none.test", ""};
  Tally tally;
  std::map<std::pair<Day, std::string>, std::uint64_t> counted, rejected, passed;
  const Day first = 20'000;
  // The verdict depends on these alone, so each combination is judged once and counted as often as it comes.
  std::map<std::string, std::optional<Seen>> known;
  for (int i = 0; i < 10'000; ++i) {
    trust::Facts facts;
    const std::string from = pick(authors);
    facts.ip = "192.0.2." + std::to_string(random() % 24);
    facts.mail_from = pick(senders);
    facts.helo = "h.test";
    facts.receiver = "mx.here.test";
    const auto key = from + " " + facts.ip + " " + facts.mail_from;
    if (!known.contains(key)) known[key] = seen_of(judged(facts, from), facts);
    const Day day = first + random() % 3;
    const auto& seen = known[key];
    EXPECT_EQ(seen.has_value(), from == "orchid.test" || from == "news.orchid.test" || from == "brook.test") << from;
    if (!seen) continue;
    tally.add(day, *seen);
    const auto where = std::pair(day, seen->published.domain);
    ++counted[where];
    rejected[where] += seen->row.disposition == "reject" ? 1 : 0;
    passed[where] += seen->row.passes() ? 1 : 0;
  }
  std::map<std::pair<Day, std::string>, std::vector<std::pair<Seen, std::uint64_t>>> rows;
  for (const auto& [key, count] : tally.take()) {
    const auto seen = seen_from_text(key.text);
    ASSERT_TRUE(seen) << seen.error().text();
    rows[{key.day, key.domain}].emplace_back(*seen, count);
  }
  EXPECT_EQ(tally.size(), 0u);
  ASSERT_EQ(rows.size(), counted.size());
  EXPECT_EQ(rows.size(), 6u);  // two domains, three days
  for (const auto& [where, some] : rows) {
    const auto report = aggregate_of(where.second, where.first, some, Reporter{"here.test", "r@here.test", "", "posthorn", "1"});
    const auto read = read_aggregate(write_aggregate(report));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->messages(), counted[where]);
    EXPECT_EQ(read->published.domain, where.second);
    EXPECT_EQ(read->begin, where.first * 86'400);
    std::uint64_t reject = 0, pass = 0;
    for (const auto& row : read->rows) {
      if (row.disposition == "reject") reject += row.count;
      if (row.passes()) pass += row.count;
    }
    EXPECT_EQ(reject, rejected[where]);
    EXPECT_EQ(pass, passed[where]);
    EXPECT_GT(pass, 0u);
  }
}

TEST(Tally, ARowSaysWhatWasDoneAndWhy) {
  trust::Facts facts;
  facts.ip = "198.51.100.1";
  facts.mail_from = "x@none.test";
  const auto seen = seen_of(judged(facts, "news.orchid.test"), facts);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->published.domain, "orchid.test");
  EXPECT_EQ(seen->published.p, "reject");
  EXPECT_EQ(seen->published.sp, "quarantine");
  EXPECT_EQ(seen->row.header_from, "news.orchid.test");
  EXPECT_EQ(seen->row.envelope_from, "none.test");
  EXPECT_EQ(seen->row.disposition, "quarantine");
  EXPECT_EQ(seen->row.spf.at(0).result, "pass");
  EXPECT_EQ(seen->rua, std::vector<std::string>{"mailto:r@orchid.test"});
}

TEST(Days, AreWrittenAndRead) {
  EXPECT_EQ(text_of(Day{0}), "1970-01-01");
  EXPECT_EQ(parse_day("2026-11-23"), day_of(WallTime(std::chrono::seconds(1'795'400'000))));
  for (const auto* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-23x", "x"}) EXPECT_EQ(parse_day(bad), std::nullopt) << bad;
}

struct To {
  const char* domain;
  std::vector<std::string> uris;
  std::vector<std::string> to;
  const char* refused;
};
TEST(Destinations, AtOtherOrganisationsMustAgree) {
  const To all[] = {
      {"inn.test", {"mailto:in@saas.test", "mailto:me@mail.inn.test"}, {"in@saas.test", "me@mail.inn.test"}, ""},
      {"moved.test", {"mailto:in@saas.test"}, {"new@saas.test"}, ""},
      {"stolen.test", {"mailto:in@saas.test"}, {}, "another domain"},
      {"other.test", {"mailto:in@saas.test"}, {}, "does not say"},
      {"inn.test", {"mailto:a@inn.test!10m", "mailto:a@inn.test", "mailto:a%2Bb@inn.test?subject=x"}, {"a@inn.test", "a+b@inn.test"}, ""},
      {"inn.test", {"https://inn.test/r", "mailto:", "mailto:%", "mailto:a@[192.0.2.1]", "a@inn.test"}, {}, "no mail address"},
  };
  for (const auto& one : all) {
    SCOPED_TRACE(one.domain + std::string(" ") + one.uris[0]);
    const auto out = answered([&](trust::Answers& answers) { return destinations_of(one.domain, one.uris, "rua", answers); });
    EXPECT_EQ(out.addresses, one.to);
    if (*one.refused == 0) {
      EXPECT_TRUE(out.refused.empty());
    } else {
      ASSERT_FALSE(out.refused.empty());
      EXPECT_TRUE(out.refused[0].contains(one.refused)) << out.refused[0];
    }
    EXPECT_FALSE(out.again);
  }
}

TEST(Destinations, AreAskedForAgainWhenTheDnsFails) {
  trust::Answers answers;
  std::optional<Destinations> out;
  while (!(out = destinations_of("inn.test", {"mailto:in@saas.test"}, "rua", answers)))
    for (const auto& question : answers.take_missing()) {
      dns::Answer answer;
      answer.outcome = question.name.contains("_report") ? dns::Outcome::failed : dns::Outcome::no_such_name;
      answers.put(question, answer);
    }
  EXPECT_TRUE(out->again);
  EXPECT_TRUE(out->addresses.empty());
}

TEST(ReportMail, CarriesTheReportAndNamesItAsTheStandardAsks) {
  trust::Facts facts;
  facts.ip = "198.51.100.1";
  const auto seen = seen_of(judged(facts, "orchid.test"), facts);
  ASSERT_TRUE(seen);
  const auto report = aggregate_of("orchid.test", 20'000, {{*seen, 5}}, Reporter{"here.test", "r@here.test", "", "posthorn", "0123abc"});
  const auto mail = compose(report, Posting{"here.test", "r@here.test", {"a@orchid.test", "b@orchid.test"}, WallTime(std::chrono::seconds(1'795'400'000))});
  ASSERT_TRUE(mail) << mail.error().text();
  const auto parsed = mail::parse(*mail);
  EXPECT_EQ(mail::unfolded(mail::find(parsed.root().fields, "Subject")->value), "Report Domain: orchid.test Submitter: here.test Report-ID: 0123abc");
  ASSERT_EQ(parsed.parts.size(), 3u);
  EXPECT_EQ(mail::file_name(parsed.parts[2]), "here.test!orchid.test!1728000000!1728086399!0123abc.xml.gz");
  const auto taken = take_from_message(parsed);
  ASSERT_EQ(taken.aggregates.size(), 1u);
  EXPECT_EQ(taken.aggregates[0].rows, report.rows);
  EXPECT_EQ(taken.aggregates[0].messages(), 5u);
}

TEST(Sources, AreNamed) {
  Row row;
  row.source_ip = "192.0.2.1";
  EXPECT_EQ(source_of(row, "", {"192.0.2.1"}).kind, SourceKind::own);
  EXPECT_EQ(source_of(row, "mail-it1-f201.google.com", {}).name, "Google");
  EXPECT_EQ(source_of(row, "notgoogle.com", {}).kind, SourceKind::unknown);
  row.dkim = {DkimSeen{"amazonses.com", "s", "pass", ""}};
  EXPECT_EQ(source_of(row, "", {}).name, "Amazon SES");
  row.dkim_aligned = true;
  row.spf = {SpfSeen{"d.test", "mfrom", "fail", ""}};
  EXPECT_EQ(source_of(row, "mx.alumni.test", {}).kind, SourceKind::forwarder);
  row.spf[0].result = "pass";  // a service that signs for us and bounces to itself
  EXPECT_EQ(source_of(row, "", {}).kind, SourceKind::service);
}

}  // namespace
}  // namespace posthorn::report
