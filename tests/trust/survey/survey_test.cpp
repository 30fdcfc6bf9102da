// What a domain publishes: each record good, bad, or not to be checked; a DNS that fails never makes one good.
#include "trust/survey/survey.h"

#include <gtest/gtest.h>

#include "../dmarc/kit.h"
#include "base/text.h"

namespace posthorn::trust::survey {
namespace {

const std::string key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const std::string good = R"($TTL 60
orchid.test. IN MX 10 mx.orchid.test.
mx.orchid.test. IN A 192.0.2.1
orchid.test. IN TXT "v=spf1 mx -all"
s1._domainkey.orchid.test. IN TXT ")" + key + R"("
_dmarc.orchid.test. IN TXT "v=DMARC1; p=reject; rua=mailto:d@orchid.test"
_mta-sts.orchid.test. IN TXT "v=STSv1; id=1"
_smtp._tls.orchid.test. IN TXT "v=TLSRPTv1; rua=mailto:t@orchid.test"
_25._tcp.mx.orchid.test. IN TLSA 3 1 1 2222222222222222222222222222222222222222222222222222222222222222
default._bimi.orchid.test. IN TXT "v=BIMI1; l=https://orchid.test/logo.svg"
)";

std::map<std::string, Finding> surveyed(const Dns& dns, Dnssec dnssec = Dnssec::not_looked_at, const std::string& selector = "s1") {
  Answers answers;
  const Options options{{selector}, dnssec};
  std::map<std::string, Finding> out;
  for (auto& one : driven(dns, answers, [&](Answers& known) { return survey("orchid.test", options, known); })) out[one.subject] = one;
  return out;
}

TEST(Survey, OfAWellKeptDomainIsGood) {
  const auto all = surveyed(Dns::of(good));
  ASSERT_EQ(all.size(), 8u);
  for (const auto& [subject, one] : all) {
    EXPECT_EQ(one.grade, subject == "DANE" ? Grade::could_not_check : Grade::good) << subject << ": " << one.meaning;
    EXPECT_FALSE(one.found.empty());
    EXPECT_FALSE(one.meaning.empty());
  }
  EXPECT_EQ(all.at("SPF").spf->lookups, 1u);
  EXPECT_FALSE(all.at("DMARC").tags.empty());
}

TEST(Survey, OfADomainWithoutAnythingSaysWhatToPublish) {
  const auto all = surveyed(Dns::of("$TTL 60\norchid.test. IN A 192.0.2.1\n"));
  for (const auto* subject : {"MX", "SPF", "DMARC", "MTA-STS", "TLS-RPT"}) {
    EXPECT_EQ(all.at(subject).grade, Grade::bad) << subject;
    EXPECT_TRUE(all.at(subject).record.contains("orchid.test.")) << subject;
  }
  EXPECT_EQ(all.at("BIMI").grade, Grade::good);  // nobody needs it
  EXPECT_EQ(all.at("DKIM s1").grade, Grade::bad);
}

struct Row {
  const char* subject;
  std::string without;  // this line of the good zone is left out, for
  std::string with;
  Grade grade;
  const char* says;
};
TEST(Survey, NamesWhatIsWrong) {
  const Row rows[] = {
      {"MX", "orchid.test. IN MX", "orchid.test. IN MX 0 .", Grade::good, "takes no mail"},
      {"MX", "mx.orchid.test. IN A", "", Grade::bad, "has no address"},
      {"MX", "-", "orchid.test. IN MX 0 .", Grade::bad, "null MX"},
      {"SPF", "orchid.test. IN TXT", "orchid.test. IN TXT \"v=spf1 mx +all\"", Grade::bad, "Everybody"},
      {"SPF", "orchid.test. IN TXT", "orchid.test. IN TXT \"v=spf1 mx\"", Grade::bad, "neither"},
      {"SPF", "orchid.test. IN TXT", "orchid.test. IN TXT \"v=spf1 mx ~all\"", Grade::good, "Only the servers"},
      {"SPF", "orchid.test. IN TXT", "orchid.test. IN TXT \"v=spf1 ipv4:1.2.3.4 -all\"", Grade::bad, "ignore the whole record"},
      {"SPF", "-", "orchid.test. IN TXT \"v=spf1 -all\"", Grade::bad, "ignore the whole record"},
      {"DKIM s1", "s1._domainkey", "s1._domainkey.orchid.test. IN TXT \"v=DKIM1; p=\"", Grade::bad, "fails"},
      {"DKIM s1", "s1._domainkey", "s1._domainkey.orchid.test. IN TXT \"" + key + "; t=y\"", Grade::bad, "test"},
      {"DKIM s1", "s1._domainkey", "s1._domainkey.orchid.test. IN TXT \"v=DKIM1; k=rsa; p=AAAA\"", Grade::bad, "fails"},
      {"DMARC", "_dmarc", "_dmarc.orchid.test. IN TXT \"v=DMARC1; p=none\"", Grade::bad, "delivered like any other"},
      {"DMARC", "_dmarc", "_dmarc.orchid.test. IN TXT \"v=DMARC1; p=rejct\"", Grade::bad, "no policy that can be used"},
      {"DMARC", "_dmarc", "_dmarc.orchid.test. IN TXT \"v=DMARC1; p=quarantine; rua=mailto:d@orchid.test\"", Grade::good, "put aside"},
      {"MTA-STS", "-", "_mta-sts.orchid.test. IN TXT \"v=STSv1; id=2\"", Grade::bad, "Only one"},
      {"DANE", "_25._tcp", "", Grade::bad, "fall back to clear text"},
      {"DANE", "_25._tcp", "_25._tcp.mx.orchid.test. IN TLSA 1 1 1 22", Grade::bad, "can be used with SMTP"},
      {"BIMI", "_dmarc", "_dmarc.orchid.test. IN TXT \"v=DMARC1; p=none\"", Grade::bad, "ignored without"},
      {"BIMI", "-", "default._bimi.orchid.test. IN TXT \"v=BIMI1; l=\"", Grade::bad, "Only one"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.subject + (": " + row.with));
    std::string zone;
    std::size_t dropped = 0;
    for (const auto line : split(good, '\n')) {
      const bool drop = line.starts_with(row.without);
      dropped += drop ? 1 : 0;
      if (!drop) zone += std::string(line) + "\n";
    }
    EXPECT_EQ(dropped, row.without == "-" ? 0u : 1u);
    const auto one = surveyed(Dns::of(zone + row.with + "\n")).at(row.subject);
    EXPECT_EQ(one.grade, row.grade);
    EXPECT_TRUE((one.found + one.meaning).contains(row.says)) << one.found << " | " << one.meaning;
    if (row.grade == Grade::bad) {
      EXPECT_FALSE(one.todo.empty());
    }
  }
}

TEST(Survey, WhatTheDnsDoesNotAnswerIsNeverGood) {
  const std::pair<const char*, const char*> rows[] = {{"MX", "orchid.test"},     {"MX", "mx.orchid.test"},          {"SPF", "orchid.test"},           {"DKIM s1", "s1._domainkey.orchid.test"},
                                                      {"DMARC", "_dmarc.orchid.test"}, {"MTA-STS", "_mta-sts.orchid.test"}, {"TLS-RPT", "_smtp._tls.orchid.test"}, {"DANE", "_25._tcp.mx.orchid.test"},
                                                      {"BIMI", "default._bimi.orchid.test"}, {"BIMI", "_dmarc.orchid.test"}};
  for (const auto& [subject, name] : rows) EXPECT_EQ(surveyed(Dns::of(good).fails(name)).at(subject).grade, Grade::could_not_check) << subject << " without " << name;
}

TEST(Survey, TlsaRecordsWithoutDnssecAreBadWhereDnssecWasLookedAt) {
  EXPECT_EQ(surveyed(Dns::of(good), Dnssec::validated).at("DANE").grade, Grade::bad);  // a zone file's answers are insecure
}

}  // namespace
}  // namespace posthorn::trust::survey
