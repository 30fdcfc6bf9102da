// Judging with a resolver that answers at once, slowly, or never: the same verdict, in time.
#include "trust/ask.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

#include "base/virtual_clock.h"
#include "dns/zone_resolver.h"
#include "mail/message.h"

namespace posthorn::trust {
namespace {

namespace asio = boost::asio;

dns::Zone zone() {
  auto parsed = dns::parse_zone(
      "$ORIGIN legit.test.\n@ 60 IN TXT \"v=spf1 a:mx.legit.test include:sub.legit.test -all\"\nsub 60 IN TXT \"v=spf1 "
      "ip4:192.0.2.9 -all\"\n"
      "mx 60 IN A 192.0.2.1\n_dmarc 60 IN TXT \"v=DMARC1; p=reject\"\nnews 60 IN A 192.0.2.1\n");
  EXPECT_TRUE(parsed) << parsed.error().text();
  return std::move(*parsed);
}

// Asks the zone, after a while or never; counts.
class SlowResolver final : public dns::Resolver {
 public:
  SlowResolver(Clock& clock, Duration delay) : clock_(clock), delay_(delay), zone_(dns::zone_resolver(zone())) {}
  Task<dns::Answer> resolve(std::string name, dns::Type type) override {
    asked.insert(name);
    ++questions;
    if (delay_ > Duration::zero()) co_await sleep(clock_, delay_);
    auto answer = co_await zone_->resolve(name, type);
    co_return answer;
  }
  std::multiset<std::string> asked;
  int questions = 0;

 private:
  Clock& clock_;
  Duration delay_;
  std::unique_ptr<dns::Resolver> zone_;
};

struct Outcome {
  Judgement judgement;
  Duration took{};
  int questions = 0;
  std::size_t known = 0;
};

Task<void> run(dns::Resolver& resolver, Clock& clock, const mail::Message& message, std::string ip, Answers& answers,
               std::optional<Judgement>& out) {
  Facts facts;
  facts.ip = std::move(ip);
  facts.helo = "mx.legit.test";
  facts.mail_from = "a@legit.test";
  facts.receiver = "mx.posthorn.test";
  facts.now = clock.now();
  Rules rules;
  auto judged = co_await judge(resolver, clock, message, std::move(facts), std::move(rules), answers);
  out = std::move(judged);
}

Outcome judged(std::string ip, Duration delay) {
  asio::io_context context;
  VirtualClock clock(context);
  SlowResolver resolver(clock, delay);
  const std::string bytes = "From: a@news.legit.test\r\n\r\nbody\r\n";
  const auto message = mail::parse(bytes);
  Answers answers;
  std::optional<Judgement> result;
  const auto begin = clock.steady();
  asio::co_spawn(context, run(resolver, clock, message, std::move(ip), answers, result), asio::detached);
  clock.settle();
  while (!result && clock.advance_to_next(std::chrono::hours(1))) {
  }
  EXPECT_TRUE(result.has_value());
  Outcome out;
  out.took = clock.steady() - begin;
  if (result) out.judgement = std::move(*result);
  out.questions = resolver.questions;
  out.known = answers.all().size();
  clock.advance(std::chrono::hours(1));  // what still sleeps ends before its resolver goes
  return out;
}

TEST(AskAndJudge, GivesTheVerdictAndAsksEachQuestionOnce) {
  const auto good = judged("192.0.2.9", Duration::zero());
  EXPECT_EQ(good.judgement.dmarc.result, dmarc::Result::pass) << good.judgement.reason;
  EXPECT_EQ(good.judgement.spf.result, spf::Result::pass);
  EXPECT_EQ(good.questions, static_cast<int>(good.known));
  EXPECT_EQ(judged("192.0.2.66", Duration::zero()).judgement.disposition, Disposition::reject);
}

TEST(AskAndJudge, WaitsForSlowAnswers) {
  const auto slow = judged("192.0.2.9", std::chrono::seconds(2));
  EXPECT_EQ(slow.judgement.dmarc.result, dmarc::Result::pass) << slow.judgement.reason;
  EXPECT_LE(slow.took, std::chrono::seconds(20));
}

TEST(AskAndJudge, EndsInTwentySecondsWithoutAnswers) {
  for (const auto delay : {Duration(std::chrono::seconds(15)), Duration(std::chrono::minutes(10))}) {
    const auto never = judged("192.0.2.9", delay);
    EXPECT_EQ(never.judgement.dmarc.result, dmarc::Result::temperror) << never.judgement.reason;
    EXPECT_NE(never.judgement.spf.result, spf::Result::pass);
    EXPECT_EQ(never.judgement.disposition, Disposition::none);
    EXPECT_EQ(never.took, std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace posthorn::trust
