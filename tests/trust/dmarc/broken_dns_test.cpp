// A DNS that fails or lies never makes a message look better (promise 3, attacks.md C8, C10): the same message is judged with all
// answers and with some of them broken.
#include <algorithm>
#include <random>

#include "kit.h"
#include "letters.h"

namespace posthorn::trust {
namespace {

class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  const auto& of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937 random_;
};

// Gives what `lie` makes of each truthful answer.
template <class Lie>
Judgement judged(const std::string& bytes, const Facts& facts, const Rules& rules, const dns::Zone& zone, Lie lie) {
  const auto message = mail::parse(bytes);
  Answers answers;
  Progress progress;
  for (int round = 0; round < 100; ++round) {
    if (auto judgement = judge(message, facts, rules, answers, progress)) return std::move(*judgement);
    for (auto& question : answers.take_missing()) {
      auto answer = lie(question, zone.answer(question.name, question.type));
      answers.put(std::move(question), std::move(answer));
    }
  }
  ADD_FAILURE() << "no judgement";
  return {};
}

dns::Answer failed(std::string why) {
  dns::Answer out;
  out.why = std::move(why);
  return out;
}

dns::Answer truth(const Question&, dns::Answer answer) {
  return answer;
}

std::vector<std::string> messages_of(const Dns& dns) {
  const std::string froms[] = {"a@legit.test",  "a@news.legit.test", "a@gone.legit.test",
                               "a@attack.test", "a@strict.test",     "a@m.cut.test",
                               "a@cut.test",    "a@none.test",       "a@attack.test, b@legit.test",
                               "a@ptr.test",    "a@broken.test",     "a@deep.a.b.c.d.e.f.g.legit.test"};
  std::vector<std::string> out;
  for (const auto& from : froms) {
    const auto plain = letter(from);
    out.push_back(plain);
    for (const auto* signer : {"legit.test", "news.legit.test", "attack.test", "cut.test", "strict.test"})
      out.push_back(signed_by(signer, plain));
    out.push_back(signed_by("attack.test", signed_by("legit.test", plain)));
    out.push_back(signed_by("legit.test", plain) + "appended\r\n");
    out.push_back(sealed(dns, plain, "list.test", "dmarc=pass header.from=legit.test"));
    out.push_back(sealed(dns, sealed(dns, signed_by("legit.test", plain), "list.test", "dmarc=pass header.from=legit.test"),
                         "attack.test", "none"));
  }
  return out;
}

struct World {
  dns::Zone zone;
  std::vector<std::string> messages;
};

World world_of(const std::string& zone_text) {
  std::string text = "$TTL 60\n" + zone_text;
  const auto record = dkim::key_record(key());
  for (const auto* domain : {"legit.test", "news.legit.test", "attack.test", "cut.test", "strict.test", "list.test"})
    text += "s1._domainkey." + std::string(domain) + ". TXT \"" + record + "\"\n";
  auto zone = dns::parse_zone(text);
  EXPECT_TRUE(zone) << zone.error().text();
  return {*zone, messages_of(Dns::of(text))};
}

Facts facts_of(Random& random) {
  const std::string ips[] = {"192.0.2.1", "192.0.2.66", "198.51.100.7", "2001:db8::1"};
  const std::string senders[] = {"a@legit.test", "a@news.legit.test", "a@attack.test", "",
                                 "a@ptr.test",   "a@exists.test",     "a@not.test",    "a@strict.test",
                                 "a@list.test",  "a@twice.test"};
  const std::string helos[] = {"mx.legit.test", "attack.test", "legit.test", "nobody.test"};
  return {random.of(ips), random.of(helos), random.of(senders), "mx.posthorn.test", now};
}

// One word for each result, as the field shows it; "pass" must be the truth's too.
void expect_no_new_pass(const Judgement& broken, const Judgement& whole, const Facts& facts) {
  const auto passes = [](const auto& result) { return name_of(result) == "pass"; };
  if (passes(broken.spf.result)) {
    EXPECT_TRUE(passes(whole.spf.result));
  }
  if (passes(broken.spf_helo.result)) {
    EXPECT_TRUE(passes(whole.spf_helo.result));
  }
  if (passes(broken.arc.result)) {
    EXPECT_TRUE(passes(whole.arc.result));
  }
  if (passes(broken.dmarc.result)) {
    EXPECT_TRUE(passes(whole.dmarc.result)) << broken.reason;
  }
  ASSERT_EQ(broken.dkim.size(), whole.dkim.size());
  for (std::size_t i = 0; i < whole.dkim.size(); ++i)
    if (passes(broken.dkim[i].result)) {
      EXPECT_TRUE(passes(whole.dkim[i].result));
    }
  const auto shown = results_of(whole, facts).results;
  for (const auto& one : results_of(broken, facts).results)
    if (one.result == "pass") {
      EXPECT_TRUE(std::ranges::any_of(shown, [&one](const MethodResult& other) {
        return other.method == one.method && other.result == "pass" && other.properties == one.properties;
      })) << one.method;
    }
}

const std::string all_kinds = R"(
legit.test. TXT "v=spf1 include:_spf.legit.test mx -all"
legit.test. MX 10 mx.legit.test.
mx.legit.test. A 192.0.2.1
_spf.legit.test. TXT "v=spf1 a:out.legit.test -all"
out.legit.test. A 192.0.2.1
out.legit.test. AAAA 2001:db8::1
news.legit.test. TXT "v=spf1 redirect=legit.test"
_dmarc.legit.test. TXT "v=DMARC1; p=reject; sp=quarantine; np=reject"
attack.test. TXT "v=spf1 ip4:192.0.2.66 -all"
_dmarc.attack.test. TXT "v=DMARC1; p=none"
strict.test. TXT "v=spf1 a -all"
strict.test. A 192.0.2.1
_dmarc.strict.test. TXT "v=DMARC1; p=reject; adkim=s; aspf=s"
_dmarc.cut.test. TXT "v=DMARC1; p=reject"
_dmarc.m.cut.test. TXT "v=DMARC1; p=quarantine; psd=n"
m.cut.test. A 192.0.2.5
_dmarc.broken.test. TXT "v=DMARC1; p=rejct"
ptr.test. TXT "v=spf1 -ptr:attack.test ptr:legit.test ?include:not.test +all"
_dmarc.ptr.test. TXT "v=DMARC1; p=quarantine; t=y"
66.2.0.192.in-addr.arpa. PTR attack.test.
attack.test. A 192.0.2.66
1.2.0.192.in-addr.arpa. PTR mx.legit.test.
exists.test. TXT "v=spf1 -exists:%{ir}.bad.test exists:%{p}.good.test ~all"
66.2.0.192.bad.test. A 127.0.0.2
mx.legit.test.good.test. A 127.0.0.2
not.test. TXT "v=spf1 -include:attack.test +all"
twice.test. TXT "v=spf1 -all"
twice.test. TXT "v=spf1 +all"
list.test. TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.list.test. TXT "v=DMARC1; p=none"
)";

// Where answers fail (SERVFAIL, no answer in time, bogus, a loop of CNAMEs: one outcome for all), each verdict is the truthful
// one or temperror. Only where SPF asks for the client's names it may be another that is no pass (RFC 7208 5.5), and DMARC's a
// fail.
TEST(BrokenDns, FailuresLeaveTheVerdictOrMakeItATemperror) {
  const auto world = world_of(all_kinds);
  const Rules rules{.trusted_sealers = {"list.test"}};
  int temperrors = 0, passes = 0, same = 0;
  for (unsigned seed = 1; seed <= 2500 && !testing::Test::HasFailure(); ++seed) {
    Random random(seed);
    const auto& bytes = random.of(world.messages);
    const auto facts = facts_of(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + " from " + facts.ip + " as " + facts.mail_from + "\n" + bytes);
    const auto whole = judged(bytes, facts, rules, world.zone, truth);
    const auto often = 2 + random.below(6);
    const auto broken = judged(bytes, facts, rules, world.zone, [&](const Question&, dns::Answer answer) {
      return random.one_in(often) ? failed("SERVFAIL") : std::move(answer);
    });
    expect_no_new_pass(broken, whole, facts);
    const auto equal_or_temperror = [](const auto& one, const auto& other) {
      return one == other || name_of(one) == "temperror";
    };
    for (std::size_t i = 0; i < std::min(whole.dkim.size(), broken.dkim.size()); ++i)
      EXPECT_TRUE(equal_or_temperror(broken.dkim[i].result, whole.dkim[i].result));
    const bool by_ptr = facts.mail_from == "a@ptr.test" || facts.mail_from == "a@exists.test";
    const auto never_better = [&](const dmarc::Verdict& one, const dmarc::Verdict& other) {
      return equal_or_temperror(one.result, other.result) ||
             (by_ptr && one.result == dmarc::Result::fail && other.result == dmarc::Result::pass);
    };
    EXPECT_TRUE(never_better(broken.dmarc, whole.dmarc)) << name_of(broken.dmarc.result) << " " << broken.reason << "\n"
                                                         << whole.reason;
    ASSERT_EQ(broken.all_dmarc.size(), whole.all_dmarc.size());
    for (std::size_t i = 0; i < whole.all_dmarc.size(); ++i) {
      EXPECT_TRUE(never_better(broken.all_dmarc[i], whole.all_dmarc[i])) << broken.all_dmarc[i].reason;
      if (broken.all_dmarc[i].result == dmarc::Result::fail) {
        EXPECT_EQ(broken.all_dmarc[i].policy, whole.all_dmarc[i].policy);
      }
    }
    if (!by_ptr) {
      EXPECT_TRUE(equal_or_temperror(broken.spf.result, whole.spf.result));
    }
    // What was to be refused or set aside comes into the inbox only with a verdict that says that it could not be checked, or
    // with a chain that a trusted sealer vouches for.
    if (broken.disposition == Disposition::none && whole.disposition != Disposition::none) {
      EXPECT_EQ(broken.dmarc.result, dmarc::Result::temperror);
    }
    temperrors += broken.dmarc.result == dmarc::Result::temperror ? 1 : 0;
    passes += broken.dmarc.result == dmarc::Result::pass ? 1 : 0;
    same += broken.dmarc.result == whole.dmarc.result ? 1 : 0;
  }
  EXPECT_GT(temperrors, 200);
  EXPECT_GT(passes, 100);
  EXPECT_GT(same, 800);
}

// Records whose loss, cut or repetition can only take something away: no other verdict could be asked of lies that look true.
const std::string plain_kinds = R"(
legit.test. TXT "v=spf1 include:_spf.legit.test mx -all"
legit.test. MX 10 mx.legit.test.
mx.legit.test. A 192.0.2.1
_spf.legit.test. TXT "v=spf1 a:out.legit.test -all"
out.legit.test. A 192.0.2.1
out.legit.test. AAAA 2001:db8::1
news.legit.test. TXT "v=spf1 redirect=legit.test"
_dmarc.legit.test. TXT "v=DMARC1; p=reject; np=reject"
attack.test. TXT "v=spf1 ip4:192.0.2.66 -all"
_dmarc.attack.test. TXT "v=DMARC1; p=none"
_dmarc.strict.test. TXT "v=DMARC1; p=reject"
_dmarc.cut.test. TXT "v=DMARC1; p=quarantine"
_dmarc.broken.test. TXT "v=DMARC1; p=rejct"
list.test. TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.list.test. TXT "v=DMARC1; p=none"
ptr.test. TXT "v=spf1 ptr:legit.test -all"
1.2.0.192.in-addr.arpa. PTR mx.legit.test.
)";

std::string octets(Random& random, std::size_t size) {
  std::string out;
  while (out.size() < size) out += static_cast<char>(random.below(256));
  return out;
}

std::string garbled(Random& random, const std::string& text) {
  switch (random.below(5)) {
    case 0: return text.substr(0, random.below(text.size() + 1));
    case 1: return octets(random, random.below(300));
    case 2: return (random.one_in(2) ? "v=spf1 " : "v=DMARC1; ") + octets(random, random.below(60));
    case 3: return text + std::string(20'000, 'x');
    default: return "";
  }
}

dns::Answer lied(Random& random, const Question& question, dns::Answer answer) {
  switch (random.below(7)) {
    case 0: return failed("SERVFAIL");
    case 1: return {dns::Outcome::no_such_name, {}, {}, question.name, 0, {}};
    case 2: return {dns::Outcome::no_data, {}, {}, question.name, 0, {}};
    case 3:  // too many
      if (!answer.records.empty()) answer.records.resize(2 + random.below(60), answer.records.front());
      return answer;
    case 4:  // of another type
      for (auto& record : answer.records) record = dns::Other{octets(random, 20)};
      return answer;
    default:
      for (auto& record : answer.records) {
        if (auto* txt = std::get_if<dns::Txt>(&record)) txt->text = garbled(random, txt->text);
        if (auto* a = std::get_if<dns::A>(&record)) a->address = garbled(random, a->address);
        if (auto* aaaa = std::get_if<dns::Aaaa>(&record)) aaaa->address = garbled(random, aaaa->address);
        if (auto* mx = std::get_if<dns::Mx>(&record)) mx->exchange = garbled(random, mx->exchange);
        if (auto* name = std::get_if<dns::Name>(&record)) name->name = garbled(random, name->name);
      }
      return answer;
  }
}

TEST(BrokenDns, GarbageAndLossNeverMakeAPass) {
  const auto world = world_of(plain_kinds);
  int broken_ones = 0, passes = 0;
  for (unsigned seed = 1; seed <= 2500 && !testing::Test::HasFailure(); ++seed) {
    Random random(seed);
    const auto& bytes = random.of(world.messages);
    const auto facts = facts_of(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + " from " + facts.ip + " as " + facts.mail_from + "\n" + bytes);
    const auto whole = judged(bytes, facts, {}, world.zone, truth);
    const auto broken = judged(bytes, facts, {}, world.zone, [&](const Question& question, dns::Answer answer) {
      return random.one_in(3) ? lied(random, question, std::move(answer)) : std::move(answer);
    });
    expect_no_new_pass(broken, whole, facts);
    broken_ones += broken.dmarc.result != whole.dmarc.result ? 1 : 0;
    passes += broken.dmarc.result == dmarc::Result::pass ? 1 : 0;
  }
  EXPECT_GT(broken_ones, 300);
  EXPECT_GT(passes, 60);
}

// RFC 7208 5.5 goes on when the lookups of "ptr" fail, so that honest mail gets a fail: it is set aside, but that fail is no
// second sign of forgery. Who breaks his own reverse DNS wins no more by it, as DMARC sees a fail and no temperror.
TEST(BrokenDns, BrokenReverseDnsNeitherRejectsHonestMailNorLetsAForgerIn) {
  const auto world = world_of(
      "legit.test. TXT \"v=spf1 ptr -all\"\n_dmarc.legit.test. TXT \"v=DMARC1; p=reject\"\nmx.legit.test. A 192.0.2.1\n"
      "1.2.0.192.in-addr.arpa. PTR mx.legit.test.\n66.2.0.192.in-addr.arpa. PTR mx.attack.test.\nmx.attack.test. A 192.0.2.66\n");
  const auto verdict = [&world](const std::string& ip, const std::string& failing) {
    const Facts facts{ip, "mx.legit.test", "a@legit.test", "mx.posthorn.test", now};
    return judged(letter("a@legit.test"), facts, {}, world.zone, [&failing](const Question& question, dns::Answer answer) {
      return question.name == failing ? failed("SERVFAIL") : std::move(answer);
    });
  };
  EXPECT_EQ(verdict("192.0.2.1", "").dmarc.result, dmarc::Result::pass);
  EXPECT_EQ(verdict("192.0.2.66", "").disposition, Disposition::reject);
  const std::pair<std::string, std::string> rows[] = {{"192.0.2.1", "1.2.0.192.in-addr.arpa"},
                                                      {"192.0.2.1", "mx.legit.test"},
                                                      {"192.0.2.66", "66.2.0.192.in-addr.arpa"},
                                                      {"192.0.2.66", "mx.attack.test"}};
  for (const auto& [ip, failing] : rows) {
    const auto j = verdict(ip, failing);
    EXPECT_EQ(j.spf.result, spf::Result::fail) << failing;
    EXPECT_TRUE(j.spf.names_unknown) << failing;
    EXPECT_EQ(j.dmarc.result, dmarc::Result::fail) << failing;
    EXPECT_EQ(j.disposition, Disposition::quarantine) << failing << ": " << j.reason;
  }
}

// A %{p} in the explanation decides nothing, so that it leaves no doubt about the fail.
TEST(BrokenDns, AnExplanationLeavesNoDoubt) {
  const auto world = world_of(
      "legit.test. TXT \"v=spf1 -all exp=why.legit.test\"\n_dmarc.legit.test. TXT \"v=DMARC1; p=reject\"\n"
      "why.legit.test. TXT \"not %{p}\"\n");
  const Facts facts{"192.0.2.66", "mx.attack.test", "a@legit.test", "mx.posthorn.test", now};
  const auto j = judged(letter("a@legit.test"), facts, {}, world.zone, [](const Question& question, dns::Answer answer) {
    return question.type == dns::Type::ptr ? failed("SERVFAIL") : std::move(answer);
  });
  EXPECT_EQ(j.spf.explanation, "not unknown");
  EXPECT_FALSE(j.spf.names_unknown);
  EXPECT_EQ(j.disposition, Disposition::reject) << j.reason;
}

// A loop of CNAMEs is a failure of the DNS, not an absence.
TEST(BrokenDns, ALoopOfAliasesIsAFailure) {
  const auto world = world_of(
      "_dmarc.legit.test. CNAME loop.legit.test.\nloop.legit.test. CNAME _dmarc.legit.test.\nlegit.test. TXT \"v=spf1 "
      "include:round.legit.test ?all\"\n"
      "round.legit.test. CNAME again.legit.test.\nagain.legit.test. CNAME round.legit.test.\n");
  const auto j = judged(letter("a@legit.test"), {"192.0.2.1", "mx.legit.test", "a@legit.test", "mx.posthorn.test", now}, {},
                        world.zone, truth);
  EXPECT_EQ(j.dmarc.result, dmarc::Result::temperror) << j.reason;
  EXPECT_EQ(j.spf.result, spf::Result::temperror) << j.spf.reason;
}

}  // namespace
}  // namespace posthorn::trust
