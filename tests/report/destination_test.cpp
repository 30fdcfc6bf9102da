// Where reports may go: own addresses, and others that agree (RFC 9990 4; example 8 of /work/shared/rfc/dmarc-9989-notes.md).
#include "report/destination.h"

#include <gtest/gtest.h>

#include "dns/zone.h"

namespace posthorn::report {
namespace {

using Texts = std::vector<std::string>;

// `failing`: the name that gives no answer.
Destinations found(const std::string& zone_text, const std::string& domain, const Texts& uris, const std::string& failing = "", std::string_view tag = "rua") {
  const auto zone = dns::parse_zone("$TTL 60\n" + zone_text);
  EXPECT_TRUE(zone) << zone.error().text();
  trust::Answers answers;
  for (int round = 0; round < 50; ++round) {
    if (auto out = destinations_of(domain, uris, tag, answers)) return std::move(*out);
    for (auto& question : answers.take_missing()) {
      auto answer = question.name == failing ? dns::Answer{} : zone->answer(question.name, question.type);
      answers.put(std::move(question), std::move(answer));
    }
  }
  ADD_FAILURE() << "no end of questions";
  return {};
}

const std::string inn = "_dmarc.inn.example. TXT \"v=DMARC1; p=none\"\n";
const Texts inn_uris = {"mailto:in@rep.saas.test", "mailto:me@mail.inn.example"};
std::string consent(const std::string& text) { return inn + "inn.example._report._dmarc.rep.saas.test. TXT \"" + text + "\"\n"; }

TEST(ReportDestination, IsAskedForItsConsentAsInTheWorkedExample) {
  struct Row {
    std::string zone;
    Texts addresses;
  };
  const Row rows[] = {
      {consent("v=DMARC1;"), {"in@rep.saas.test", "me@mail.inn.example"}},
      {consent("v=DMARC1"), {"in@rep.saas.test", "me@mail.inn.example"}},
      {consent("v=DMARC1; rua=mailto:new@rep.saas.test"), {"new@rep.saas.test", "me@mail.inn.example"}},
      {consent("v=DMARC1; ruf=mailto:new@rep.saas.test"), {"in@rep.saas.test", "me@mail.inn.example"}},
      {consent("v=DMARC1; rua=mailto:new@other.test"), {"me@mail.inn.example"}},
      {consent("v=DMARC1; rua=mailto:new@rep.saas.test,mailto:new@other.test"), {"me@mail.inn.example"}},
      {consent("p=none; v=DMARC1"), {"me@mail.inn.example"}},
      {consent("v=spf1 -all"), {"me@mail.inn.example"}},
      {inn, {"me@mail.inn.example"}},
      {inn + "*._report._dmarc.rep.saas.test. TXT \"v=DMARC1\"\n", {"in@rep.saas.test", "me@mail.inn.example"}},
  };
  for (const auto& row : rows) {
    const auto out = found(row.zone, "inn.example", inn_uris);
    EXPECT_EQ(out.addresses, row.addresses) << row.zone;
    EXPECT_EQ(out.refused.size(), 2 - row.addresses.size()) << row.zone;
    EXPECT_FALSE(out.again);
  }
}

// Neither the consent nor the organisations are guessed where the DNS fails: nobody else is mailed, and it is tried again.
TEST(ReportDestination, IsTriedLaterWhereTheDnsFails) {
  for (const std::string failing : {"inn.example._report._dmarc.rep.saas.test", "_dmarc.rep.saas.test", "_dmarc.test"}) {
    const auto out = found(consent("v=DMARC1"), "inn.example", inn_uris, failing);
    EXPECT_EQ(out.addresses, Texts{"me@mail.inn.example"}) << failing;
    EXPECT_TRUE(out.again) << failing;
  }
  // Both walks end at the name that fails: two unknown organisations are not one.
  const auto out = found("_dmarc.attack.test. TXT \"v=DMARC1; p=none\"\n", "attack.test", {"mailto:victim@legit.test"}, "_dmarc.test");
  EXPECT_TRUE(out.addresses.empty());
  EXPECT_TRUE(out.again);
}

TEST(ReportDestination, IsAMailAddressOnceAndNotTooMany) {
  const auto out = found(inn, "inn.example",
                         {"https://inn.example/", "mailto:", "mailto:a@[192.0.2.1]", "mailto:a@inn.example!10m", "mailto:a@INN.example", "mailto:b%40c@inn.example", "MAILTO:b@inn.example?subject=x",
                          "mailto:c@inn.example", "mailto:d@inn.example", "mailto:e@inn.example", "mailto:f@inn.example"});
  EXPECT_EQ(out.addresses, (Texts{"a@inn.example", "b@inn.example", "c@inn.example", "d@inn.example", "e@inn.example"}));
  EXPECT_EQ(out.refused.size(), 5U);
  EXPECT_EQ(address_in("mailto:a%21b@x.test!5"), "a!b@x.test");
  EXPECT_FALSE(address_in("mailto:a%2"));
  EXPECT_FALSE(address_in("mailto:a%zz@x.test"));
}

}  // namespace
}  // namespace posthorn::report
