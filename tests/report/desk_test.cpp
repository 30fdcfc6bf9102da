// The desk in virtual time: what the office judged is counted exactly and told once a day; the shelf keeps it through a power cut and
// within bounds; what another record would have done.
#include "report/desk.h"

#include <gtest/gtest.h>

#include "../post/world.h"
#include "report/what_if.h"
#include "trust/ask.h"

namespace posthorn::report {
namespace {

constexpr const char* zone_text = R"($TTL 60
_dmarc.orchid.test. IN TXT "v=DMARC1; p=quarantine; rua=mailto:r@orchid.test"
_dmarc.brook.test. IN TXT "v=DMARC1; p=none; rua=mailto:r@brook.test"
_dmarc.far.test. IN TXT "v=DMARC1; p=none; rua=mailto:r@elsewhere.test"
far.test._report._dmarc.elsewhere.test. IN TXT "v=DMARC1"
_dmarc.silent.test. IN TXT "v=DMARC1; p=none"
_dmarc.blue.test. IN TXT "v=DMARC1; p=none; rua=mailto:alice@blue.test"
orchid.test. IN TXT "v=spf1 ip4:192.0.2.1 -all"
brook.test. IN TXT "v=spf1 ip4:192.0.2.2 -all"
)";

struct House {
  House() {
    desk.emplace(world.context.get_executor(), world.blue.store, *world.blue.keyring, world.blue.office, dns, world.blue.log, DeskOptions{}, "mx.blue.test");
    world.blue.office.watch_with(*desk);
  }
  // One message from there, as the office would tell of it.
  void arrives(const std::string& from, const std::string& ip, const std::string& to = "bob@elsewhere.test", const std::string& more = "") {
    const std::string bytes = "From: x@" + from + "\r\nSubject: s\r\n" + more + "\r\nb\r\n";
    trust::Facts facts;
    facts.ip = ip;
    facts.mail_from = "x@" + from;
    facts.now = world.clock.now();
    trust::Answers answers;
    const auto message = mail::parse(bytes);
    const auto judgement = world.run(trust::judge(dns, world.clock, message, facts, trust::Rules(), answers));
    const std::vector<smtp::RcptTo> recipients{post::World::to(to)};
    const post::Arrived one{judgement, facts, recipients, bytes, false};
    world.run(told(one));
  }
  Task<bool> told(const post::Arrived& one) {
    co_await desk->arrived(one);
    co_return true;
  }
  std::map<std::string, std::uint64_t> counted() {
    EXPECT_TRUE(world.run(desk->flush()));
    std::map<std::string, std::uint64_t> out;
    const auto all = desk->shelf().counted();
    EXPECT_TRUE(all) << all.error().text();
    for (const auto& one : *all) out[one.domain] += one.messages;
    return out;
  }
  std::map<std::string, std::string> outcomes() {
    std::map<std::string, std::string> out;
    const auto all = desk->shelf().sent();
    EXPECT_TRUE(all) << all.error().text();
    for (const auto& one : *all) out[one.domain] = one.outcome;
    return out;
  }

  post::World world;
  post::FakeDns dns{dns::zone_resolver(*dns::parse_zone(zone_text)), world.clock};
  std::optional<Desk> desk;
};

TEST(ReportDesk, TellsEachDomainThatAsksOnceADayAndOnlyWhenTheDayIsOver) {
  House house;
  house.desk->start();
  for (int i = 0; i < 7; ++i) house.arrives("orchid.test", "192.0.2.1");
  for (int i = 0; i < 3; ++i) house.arrives("orchid.test", "192.0.2.9");
  house.arrives("brook.test", "192.0.2.2");
  house.arrives("silent.test", "192.0.2.3");
  house.arrives("unknown.test", "192.0.2.3");
  EXPECT_EQ(house.counted(), (std::map<std::string, std::uint64_t>{{"orchid.test", 10}, {"brook.test", 1}, {"silent.test", 1}}));
  const auto today = day_of(house.world.clock.now());
  while (day_of(house.world.clock.now()) == today) house.world.pass(std::chrono::minutes(10));
  EXPECT_TRUE(house.outcomes().empty() || day_of(house.world.clock.now()) > today);
  house.world.pass(std::chrono::hours(4));
  EXPECT_EQ(house.outcomes(), (std::map<std::string, std::string>{{"orchid.test", "sent"}, {"brook.test", "sent"}, {"silent.test", "not asked for"}}));
  house.world.pass(std::chrono::hours(48));
  EXPECT_EQ(house.world.queue(house.world.blue).size(), 2u);  // one letter for each, though days went by
  house.desk->stop();
}

TEST(ReportDesk, TriesAgainWhenTheDnsFailsAndGivesUpAfterDays) {
  House house;
  house.arrives("far.test", "192.0.2.1");
  const auto day = day_of(house.world.clock.now());
  EXPECT_EQ(house.counted().size(), 1u);
  house.dns.mood = post::FakeDns::Mood::servfail;
  const auto nothing = house.world.run(house.desk->send("brook.test", day));
  EXPECT_EQ(nothing.error().code, Errc::not_found);
  house.world.pass(std::chrono::hours(30));
  house.world.run([](Desk& desk) -> Task<bool> {
    co_await desk.send_due();
    co_return true;
  }(*house.desk));
  EXPECT_TRUE(house.outcomes().empty());
  house.world.pass(std::chrono::hours(24 * 5));
  house.world.run([](Desk& desk) -> Task<bool> {
    co_await desk.send_due();
    co_return true;
  }(*house.desk));
  EXPECT_TRUE(house.outcomes().at("far.test").contains("given up"));
  EXPECT_TRUE(house.world.queue(house.world.blue).empty());
}

TEST(ReportDesk, TakesReportsInAtTheAddressesOurRecordsName) {
  House house;
  house.world.run([](Desk& desk) -> Task<bool> {
    co_await desk.find_addresses();
    co_return true;
  }(*house.desk));
  EXPECT_EQ(house.desk->addresses_for_tests(), std::set<std::string>{"alice@blue.test"});
  const std::string report =
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/xml\r\n\r\n<feedback><report_metadata><org_name>H</org_name>"
      "<email>d@h.test</email><report_id>1</report_id><date_range><begin>0</begin><end>86399</end></date_range></report_metadata><policy_published><domain>DOMAIN</domain>"
      "<p>none</p></policy_published><record><row><source_ip>192.0.2.7</source_ip><count>4</count><policy_evaluated><disposition>none</disposition><dkim>fail</dkim>"
      "<spf>pass</spf></policy_evaluated></row><identifiers><header_from>blue.test</header_from></identifiers><auth_results><spf><domain>blue.test</domain><result>pass</result>"
      "</spf></auth_results></record></feedback>\r\n--b--\r\n";
  const auto about = [&report](const std::string& domain) {
    auto out = report;
    return out.replace(out.find("DOMAIN"), 6, domain);
  };
  house.arrives("brook.test", "192.0.2.2", "bob@blue.test", about("blue.test"));    // not an address for reports
  house.arrives("brook.test", "192.0.2.2", "alice@blue.test", about("bank.test"));  // not about us
  EXPECT_TRUE(house.desk->shelf().received()->empty());
  house.arrives("brook.test", "192.0.2.9", "alice@blue.test", about("blue.test"));  // nobody proves who sent it
  ASSERT_EQ(house.desk->shelf().received()->size(), 1u);
  EXPECT_FALSE(house.desk->shelf().received()->front().origin.proven);
  house.arrives("brook.test", "192.0.2.2", "alice@blue.test", about("blue.test"));  // the same again, now proved
  ASSERT_EQ(house.desk->shelf().received()->size(), 1u);
  const auto got = house.desk->shelf().received()->front();
  EXPECT_TRUE(got.origin.proven);
  EXPECT_EQ(got.messages, 4u);
  EXPECT_EQ(got.passed, 4u);
  EXPECT_EQ(house.desk->shelf().aggregate(got.id)->rows.at(0).source_ip, "192.0.2.7");
}

TEST(ReportShelf, CountsTogetherWhatIsTooManyAndLosesNone) {
  House house;
  Seen seen;
  seen.published.domain = "orchid.test";
  seen.row.header_from = "orchid.test";
  seen.row.disposition = "none";
  seen.row.count = 1;
  const Day day = 20'000;
  std::map<TallyKey, std::uint64_t> all;
  const auto extra = 1'000u;
  for (unsigned i = 0; i < Shelf::most_rows + extra; ++i) {
    Tally one;
    seen.row.source_ip = "2001:db8::" + std::to_string(i);
    one.add(day, seen);
    all.merge(one.take());
  }
  ASSERT_TRUE(house.world.run(house.desk->shelf().add(std::move(all))));
  const auto rows = house.desk->shelf().tally("orchid.test", day);
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->size(), Shelf::most_rows + 1);
  std::uint64_t sum = 0;
  for (const auto& [row, count] : *rows) sum += count;
  EXPECT_EQ(sum, Shelf::most_rows + extra);
  const auto gone = house.world.run(house.desk->shelf().forget(day + 1, WallTime{}));
  ASSERT_TRUE(gone);
  EXPECT_TRUE(house.desk->shelf().counted()->empty());
}

TEST(ReportShelf, WhatItTookIsThereAfterAPowerCut) {
  House house;
  for (int i = 0; i < 5; ++i) house.arrives("orchid.test", "192.0.2.1");
  EXPECT_EQ(house.counted().at("orchid.test"), 5u);
  post::World after({}, house.world, 7, {});
  const Shelf shelf(after.blue.store);
  const auto days = shelf.counted();
  ASSERT_TRUE(days) << days.error().text();
  ASSERT_EQ(days->size(), 1u);
  EXPECT_EQ(days->front().messages, 5u);
}

TEST(FailureReport, ThatIsWrittenReadsBackAndTellsNoRecipient) {
  House house;
  const std::string bytes = "From: x@orchid.test\r\nTo: secret@blue.test\r\nSubject: money\r\nMessage-ID: <1@orchid.test>\r\n\r\nbody that stays here\r\n";
  trust::Facts facts;
  facts.ip = "192.0.2.9";
  facts.mail_from = "x@orchid.test";
  facts.now = house.world.clock.now();
  trust::Answers answers;
  const auto message = mail::parse(bytes);
  auto judgement = house.world.run(trust::judge(house.dns, house.world.clock, message, facts, trust::Rules(), answers));
  EXPECT_FALSE(wants_failure_report(judgement, bytes));  // no ruf=
  judgement.dmarc.parsed->ruf = {"mailto:f@orchid.test"};
  EXPECT_TRUE(wants_failure_report(judgement, bytes));
  EXPECT_FALSE(wants_failure_report(judgement, "Auto-Submitted: auto-generated\r\n" + bytes));  // no report about a report
  const auto written = compose_failure(judgement, facts, bytes, Posting{"blue.test", "postmaster@blue.test", {"f@orchid.test"}, facts.now}, "abc");
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_FALSE(written->contains("secret@"));
  EXPECT_FALSE(written->contains("stays here"));
  const auto read = failure_in(mail::parse(*written));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->reported_domain, "orchid.test");
  EXPECT_EQ((*read)->source_ip, "192.0.2.9");
  EXPECT_EQ((*read)->identity_alignment, "dkim, spf");
  EXPECT_EQ((*read)->subject, "money");
  EXPECT_TRUE((*read)->spf_dns.contains("v=spf1 ip4:192.0.2.1 -all")) << (*read)->spf_dns;
}

// A row of somebody's report.
Event event(const std::string& ip, std::uint64_t count, const std::string& from, const std::string& spf_domain, const std::string& spf, const std::string& dkim_domain,
            const std::string& disposition = "none") {
  Event out;
  out.row.source_ip = ip;
  out.row.count = count;
  out.row.header_from = from;
  out.row.disposition = disposition;
  if (!spf_domain.empty()) out.row.spf = {SpfSeen{spf_domain, "mfrom", spf, ""}};
  if (!dkim_domain.empty()) out.row.dkim = {DkimSeen{dkim_domain, "s", "pass", ""}};
  out.row.dkim_aligned = dkim_domain == from;
  return out;
}

template <class Ask>
auto answered(const char* zone_of, Ask ask, trust::Answers& answers) {
  const auto zone = dns::parse_zone(zone_of);
  for (;;) {
    if (auto out = ask()) return std::move(*out);
    for (const auto& question : answers.take_missing()) answers.put(question, zone->answer(question.name, question.type));
  }
}

TEST(WhatIf, AStricterPolicyNamesTheSourcesThatWouldLoseMail) {
  const History history = {
      event("192.0.2.1", 100, "orchid.test", "orchid.test", "pass", "orchid.test"),       // own server
      event("192.0.2.2", 10, "orchid.test", "mail.orchid.test", "pass", ""),              // aligned by relaxed SPF alone
      event("192.0.2.3", 5, "news.orchid.test", "service.test", "pass", "service.test"),  // a service that signs for itself
      event("192.0.2.4", 3, "orchid.test", "evil.test", "pass", "", "quarantine"),        // a forger, who was stopped anyway
  };
  struct Row {
    const char* record;
    std::uint64_t passing, lost;
    const char* first;
  };
  const Row rows[] = {
      {"v=DMARC1; p=none", 110, 0, ""},
      {"v=DMARC1; p=reject", 110, 5, "192.0.2.3"},
      {"v=DMARC1; p=reject; sp=none", 110, 0, ""},
      {"v=DMARC1; p=reject; aspf=s", 100, 15, "192.0.2.2"},
      {"v=DMARC1; p=none; sp=quarantine", 110, 5, "192.0.2.3"},
      {"v=DMARC1; p=quarantine; t=y", 110, 0, ""},
      {"v=DMARC1; p=reject; t=y", 110, 5, "192.0.2.3"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.record);
    trust::Answers answers;
    const auto out = answered("$TTL 60\nnews.orchid.test. IN A 192.0.2.5\n", [&] { return what_if_policy("orchid.test", row.record, history, answers); }, answers);
    EXPECT_EQ(out.messages, 118u);
    EXPECT_EQ(out.passing, row.passing);
    EXPECT_EQ(out.lost, row.lost);
    if (*row.first != 0) {
      ASSERT_FALSE(out.effects.empty());
      EXPECT_EQ(out.effects[0].source_ip, row.first);
    }
  }
}

TEST(WhatIf, AnotherSpfRecordIsTriedOnEveryAddressSeen) {
  const History history = {
      event("192.0.2.1", 100, "orchid.test", "orchid.test", "pass", "orchid.test"),
      event("198.51.100.5", 20, "orchid.test", "orchid.test", "pass", ""),
      event("203.0.113.7", 2, "orchid.test", "evil.test", "pass", ""),
      event("203.0.113.8", 2, "elsewhere.test", "evil.test", "pass", ""),
  };
  const char* zone = "$TTL 60\norchid.test. IN TXT \"v=spf1 ip4:192.0.2.0/24 include:s.test -all\"\ns.test. IN TXT \"v=spf1 ip4:198.51.100.0/24 -all\"\n";
  trust::Answers now, then;
  const auto parsed = dns::parse_zone(zone);
  std::optional<std::vector<SpfEffect>> out;
  while (!(out = what_if_spf("orchid.test", "v=spf1 ip4:192.0.2.0/24 ~all", history, now, then)))
    for (auto* answers : {&now, &then})
      for (const auto& question : answers->take_missing()) answers->put(question, parsed->answer(question.name, question.type));
  ASSERT_EQ(out->size(), 3u);
  EXPECT_EQ(out->at(0).source_ip, "198.51.100.5");  // who loses comes first
  EXPECT_EQ(out->at(0).before, trust::spf::Result::pass);
  EXPECT_EQ(out->at(0).then, trust::spf::Result::softfail);
  EXPECT_EQ(out->at(0).signed_too, 0u);
  EXPECT_EQ(out->at(1).signed_too, 100u);
  EXPECT_EQ(out->at(2).before, trust::spf::Result::fail);
}

}  // namespace
}  // namespace posthorn::report
