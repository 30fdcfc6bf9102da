// The limits of RFC 7208 4.6.4 (attacks.md C8), the tree, the field, and answers that are late, failing or looping.
#include <gtest/gtest.h>

#include <random>

#include "dns/zone.h"
#include "trust/spf/record.h"
#include "trust/spf/spf.h"

namespace posthorn::trust::spf {
namespace {

Request from(std::string ip, std::string sender) {
  Request request;
  request.ip = std::move(ip);
  request.helo = "client.example.net";
  request.mail_from = std::move(sender);
  request.receiver = "mx.example.com";
  return request;
}

template <class Ask>
auto until_done(const dns::Zone& zone, Answers& answers, Ask ask) {
  auto verdict = ask();
  for (int round = 0; round < 200 && !verdict; ++round) {
    for (auto& question : answers.take_missing()) {
      auto answer = zone.answer(question.name, question.type);
      answers.put(std::move(question), std::move(answer));
    }
    verdict = ask();
  }
  return verdict;
}

Verdict judged(const std::string& zone_text, const Request& request) {
  const auto zone = dns::parse_zone("$TTL 300\n" + zone_text);
  EXPECT_TRUE(zone) << zone.error().what;
  Answers answers;
  auto verdict = until_done(*zone, answers, [&] { return check(request, answers); });
  EXPECT_TRUE(verdict);
  return verdict.value_or(Verdict{});
}

std::string chain(int length, const std::string& last) {
  std::string out;
  for (int i = 0; i < length; ++i) out += "s" + std::to_string(i) + ".test. TXT \"v=spf1 include:s" + std::to_string(i + 1) + ".test -all\"\n";
  return out + "s" + std::to_string(length) + ".test. TXT \"" + last + "\"\n";
}

TEST(SpfLimits, TenLookupsAreAllowedAndElevenAreNot) {
  EXPECT_EQ(judged(chain(10, "v=spf1 ip4:192.0.2.1 -all"), from("192.0.2.1", "a@s0.test")).result, Result::pass);
  EXPECT_EQ(judged(chain(11, "v=spf1 ip4:192.0.2.1 -all"), from("192.0.2.1", "a@s0.test")).result, Result::permerror);
  // Also where the eleventh is the last term of a record inside an include.
  const auto verdict = judged(chain(10, "v=spf1 a:host.test"), from("192.0.2.1", "a@s0.test"));
  EXPECT_EQ(verdict.result, Result::permerror);
  EXPECT_EQ(verdict.lookups, 11u);
}

TEST(SpfLimits, TheThirdVoidLookupIsAnErrorAlsoAsTheLastTermAndInsideAnInclude) {
  EXPECT_EQ(judged("t.test. TXT \"v=spf1 a:n1.test a:n2.test ip4:192.0.2.1 -all\"\n", from("192.0.2.1", "a@t.test")).result, Result::pass);
  EXPECT_EQ(judged("t.test. TXT \"v=spf1 a:n1.test a:n2.test a:n3.test\"\n", from("192.0.2.1", "a@t.test")).result, Result::permerror);
  EXPECT_EQ(judged("t.test. TXT \"v=spf1 include:i.test ?all\"\ni.test. TXT \"v=spf1 a:n1.test mx:n2.test exists:n3.test\"\n", from("192.0.2.1", "a@t.test")).result,
            Result::permerror);
}

TEST(SpfLimits, AnIncludeBombEndsAtTheEleventhLookup) {
  std::string zone;
  for (int i = 0; i < 10; ++i) {
    zone += "b" + std::to_string(i) + ".test. TXT \"v=spf1";
    for (int j = 0; j < 10; ++j) zone += " include:b" + std::to_string(j) + ".test";
    zone += " -all\"\n";
  }
  const auto verdict = judged(zone, from("192.0.2.1", "a@b0.test"));
  EXPECT_EQ(verdict.result, Result::permerror);
  EXPECT_EQ(verdict.lookups, 11u);
}

TEST(SpfLimits, ElevenMxHostsAreAnError) {
  std::string zone = "m.test. TXT \"v=spf1 mx -all\"\n";
  for (int i = 0; i < 11; ++i) zone += "m.test. MX 10 h" + std::to_string(i) + ".test.\nh" + std::to_string(i) + ".test. A 192.0.2." + std::to_string(i + 1) + "\n";
  EXPECT_EQ(judged(zone, from("192.0.2.1", "a@m.test")).result, Result::permerror);
}

TEST(SpfLimits, AMacroExpandsToAtMost253OctetsAndKeepsTheRight) {
  MacroValues values;
  values.sender_domain = "example.org";
  values.local.assign(60, 'x');
  for (int i = 0; i < 5; ++i) values.local += "." + std::string(50, 'y');
  const auto name = expand_domain("%{l}.%{o}", values);
  EXPECT_LE(name.size(), 253u);
  EXPECT_TRUE(name.ends_with(".example.org"));
}

TEST(Spf, EachQualifierOfAllHasItsOwnResult) {
  for (const auto& [all, want] : {std::pair{"-all", Result::fail}, {"~all", Result::softfail}, {"?all", Result::neutral}, {"+all", Result::pass}, {"all", Result::pass}})
    EXPECT_EQ(judged("q.test. TXT \"v=spf1 " + std::string(all) + "\"\n", from("192.0.2.1", "a@q.test")).result, want) << all;
}

TEST(Spf, TheStepsTellWhichIncludeMatchedAndWhatItCost) {
  const auto verdict = judged("t.test. TXT \"v=spf1 a:n.test include:i.test -all\"\nn.test. A 192.0.2.9\ni.test. TXT \"v=spf1 mx ip4:192.0.2.0/24 -all\"\ni.test. MX 1 n.test.\n",
                              from("192.0.2.1", "a@t.test"));
  EXPECT_EQ(verdict.result, Result::pass);
  EXPECT_EQ(verdict.mechanism, "include:i.test");
  EXPECT_EQ(verdict.lookups, 3u);
  ASSERT_EQ(verdict.steps.size(), 6u);
  EXPECT_EQ(verdict.steps[2].term, "include:i.test");
  EXPECT_EQ(verdict.steps[2].lookups, 2u);
  EXPECT_EQ(verdict.steps[5].depth, 1u);
  EXPECT_EQ(verdict.steps[5].outcome, "matches");
}

TEST(Spf, TheTreeOfADomainCountsEveryLookup) {
  const auto zone = dns::parse_zone("$TTL 300\nt.test. TXT \"v=spf1 include:i.test include:j.test mx -all\"\ni.test. TXT \"v=spf1 a -all\"\nj.test. TXT \"v=spf1 ip4:192.0.2.1 redirect=k.test\"\nk.test. TXT \"v=spf1 exists:%{i}.k.test -all\"\n");
  Answers answers;
  const auto tree = until_done(*zone, answers, [&] { return explain("t.test", answers); });
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->verdict.result, Result::neutral);
  EXPECT_EQ(tree->verdict.lookups, 6u);
  EXPECT_EQ(tree->verdict.steps.front().record, "v=spf1 include:i.test include:j.test mx -all");
}

TEST(Spf, TheTreeOfALoopEndsAndIsAnError) {
  const auto zone = dns::parse_zone("$TTL 300\nt.test. TXT \"v=spf1 include:t.test -all\"\n");
  Answers answers;
  const auto tree = until_done(*zone, answers, [&] { return explain("t.test", answers); });
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->verdict.result, Result::permerror);
}

TEST(Spf, TheFieldCannotBeBrokenByWhatItShows) {
  Verdict verdict;
  verdict.sender = "a\r\nX: y\"@example.org";
  verdict.reason = "b) (\r\nZ: ";
  const auto field = received_spf(verdict, from("192.0.2.1", "x"));
  for (std::size_t at = field.find("\r\n"); at + 2 < field.size(); at = field.find("\r\n", at + 2)) EXPECT_EQ(field[at + 2], '\t');
  EXPECT_TRUE(field.ends_with("\r\n"));
}

// C's functions would stop at the NUL and take the rest for nothing. Found by fuzz/trust_spf.cpp.
TEST(Spf, AnAddressEndsAtNoNul) {
  const std::string nul(1, '\0');
  for (const auto& record : {"v=spf1 ip4:192.0.2.1" + nul + "x", "v=spf1 ip4:192.0.2.0" + nul + "/24", "v=spf1 ip6:2001:db8::1" + nul}) EXPECT_FALSE(parse_record(record));
  EXPECT_EQ(address_octets("192.0.2.1" + nul), "");
}

// rfc:7208#5.5 has failing lookups of "ptr" passed over; that must not let anybody in.
TEST(Spf, ABrokenReverseDnsLetsNobodyIn) {
  const auto result = [](const std::string& record, const std::string& failing) {
    const auto zone = dns::parse_zone("$TTL 300\nt.test. TXT \"" + record + "\"\n1.2.0.192.in-addr.arpa. PTR h.test.\n"
                                      "1.2.0.192.in-addr.arpa. PTR other.test.\nh.test. A 192.0.2.1\nunknown.e.test. A 127.0.0.1\n");
    EXPECT_TRUE(zone) << zone.error().what;
    const auto request = from("192.0.2.1", "a@t.test");
    Answers answers;
    auto verdict = check(request, answers);
    for (int round = 0; round < 20 && !verdict; ++round) {
      for (auto& question : answers.take_missing()) {
        auto answer = question.name == failing ? dns::Answer{} : zone->answer(question.name, question.type);
        answers.put(std::move(question), std::move(answer));
      }
      verdict = check(request, answers);
    }
    return verdict ? std::string(name_of(verdict->result)) : "none at all";
  };
  for (const auto* failing : {"1.2.0.192.in-addr.arpa", "h.test"}) {
    EXPECT_EQ(result("v=spf1 -ptr:h.test +all", failing), "temperror");
    EXPECT_EQ(result("v=spf1 exists:%{p}.e.test -all", failing), "temperror");
    EXPECT_EQ(result("v=spf1 -exists:%{p} +all", failing), "temperror");
    EXPECT_EQ(result("v=spf1 ptr:h.test -all", failing), "fail");  // as the RFC says
    EXPECT_EQ(result("v=spf1 ip4:192.0.2.1 ptr:h.test -all", failing), "pass");
  }
  EXPECT_EQ(result("v=spf1 -ptr:h.test +all", ""), "fail");
  EXPECT_EQ(result("v=spf1 ptr:h.test -all", ""), "pass");
  EXPECT_EQ(result("v=spf1 ptr:h.test -all", "other.test"), "pass");  // one good name is enough
  EXPECT_EQ(result("v=spf1 -ptr:other.test ptr:h.test -all", "other.test"), "temperror");
}

// Whatever fails, the verdict is that of the whole DNS or temperror: never pass where the answer that decides is not there.
TEST(Spf, FailingAnswersNeverMakeAPass) {
  const auto zone = dns::parse_zone(
      "$TTL 300\nt.test. TXT \"v=spf1 a:n.test mx:m.test include:i.test exists:%{i}.e.test redirect=r.test\"\nn.test. A 192.0.2.9\nm.test. MX 1 n.test.\n"
      "i.test. TXT \"v=spf1 include:j.test ip4:192.0.2.7 -all\"\nj.test. TXT \"v=spf1 ptr:p.test ~all\"\nr.test. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
      "192.0.2.5.e.test. A 127.0.0.1\n");
  ASSERT_TRUE(zone) << zone.error().what;
  std::mt19937 random(7);
  std::size_t temperrors = 0;
  for (int run = 0; run < 5000; ++run) {
    const auto request = from("192.0.2." + std::to_string(run % 11), "a@t.test");
    Answers good, bad;
    const auto truth = until_done(*zone, good, [&] { return check(request, good); });
    ASSERT_TRUE(truth);
    auto verdict = check(request, bad);
    for (int round = 0; round < 200 && !verdict; ++round) {
      for (auto& question : bad.take_missing()) {
        auto answer = zone->answer(question.name, question.type);
        if (random() % 4 == 0) answer = dns::Answer{};
        bad.put(std::move(question), std::move(answer));
      }
      verdict = check(request, bad);
    }
    ASSERT_TRUE(verdict);
    if (verdict->result == Result::temperror) ++temperrors;
    else EXPECT_EQ(verdict->result, truth->result) << request.ip;
  }
  EXPECT_GT(temperrors, 500u);
}

}  // namespace
}  // namespace posthorn::trust::spf
