// The whole judgement: what each attack and each innocent message gets, what is said about it, and that no failure makes a pass.
#include "trust/judgement.h"

#include <algorithm>
#include <random>

#include "base/text.h"
#include "kit.h"
#include "letters.h"
#include "mail/message.h"
#include "trust/disposition.h"

namespace posthorn::trust {
namespace {

// legit.test publishes reject, attack.test what an attacker would; each has SPF and a DKIM key.
Dns world() {
  Dns dns;
  for (const auto* domain :
       {"legit.test", "attack.test", "list.test", "plain.test", "quarantine.test", "testing.test", "monitor.test"}) {
    dns.host(domain).txt("s1._domainkey." + std::string(domain), dkim::key_record(key()));
    dns.txt(domain, "v=spf1 ip4:192.0.2." + std::string(domain == std::string("legit.test") ? "1" : "66") + " -all");
  }
  dns.txt("_dmarc.legit.test", "v=DMARC1; p=reject").txt("_dmarc.attack.test", "v=DMARC1; p=none");
  dns.txt("_dmarc.quarantine.test", "v=DMARC1; p=quarantine").txt("_dmarc.testing.test", "v=DMARC1; p=reject; t=y");
  dns.txt("_dmarc.monitor.test", "v=DMARC1; p=none").host("mx.attack.test").txt("mx.attack.test", "v=spf1 ip4:192.0.2.66 -all");
  dns.txt("soft.test", "v=spf1 ~all").txt("_dmarc.broken.test", "v=DMARC1; p=rejct").host("broken.test");
  return dns;
}

const Facts from_attacker{"192.0.2.66", "mx.attack.test", "any@attack.test", "mx.posthorn.test", now};
const Facts from_legit{"192.0.2.1", "mx.legit.test", "admin@legit.test", "mx.posthorn.test", now};

Facts with_sender(Facts facts, std::string mail_from) {
  facts.mail_from = std::move(mail_from);
  return facts;
}

Judgement judged(const std::string& bytes, const Facts& facts, const Rules& rules = {}, const Dns& dns = world()) {
  const auto message = mail::parse(bytes);
  Answers answers;
  return driven(dns, answers, [&](Answers& a) { return judge(message, facts, rules, a); });
}

const MethodResult* method(const AuthenticationResults& results, std::string_view name) {
  const auto at = std::ranges::find(results.results, name, &MethodResult::method);
  return at == results.results.end() ? nullptr : &*at;
}
std::string property(const MethodResult& result, std::string_view name) {
  for (const auto& [key_name, value] : result.properties)
    if (key_name == name) return value;
  return "(none)";
}

struct JudgedRow {
  std::string what, bytes;
  Facts facts;
  Disposition disposition;
  dmarc::Result dmarc;
  std::vector<std::string> overrides = {};
  std::string says = "";  // part of the reason
};

TEST(Judgement, DecidesByPolicyAndASecondSign) {
  using enum Disposition;
  const auto soft = with_sender(from_attacker, "a@soft.test");
  const auto spf_fails = with_sender(from_attacker, "admin@legit.test");
  const auto signed_by_other = signed_by("attack.test", letter("admin@legit.test"));
  const JudgedRow rows[] = {
      {"aligned by SPF",
       letter("admin@legit.test"),
       from_legit,
       none,
       dmarc::Result::pass,
       {},
       "SPF for legit.test proves legit.test"},
      {"aligned by DKIM",
       signed_by("legit.test", letter("admin@legit.test")),
       from_attacker,
       none,
       dmarc::Result::pass,
       {},
       "signature of legit.test"},
      {"null sender of our own HELO", letter("a@mx.attack.test"), with_sender(from_attacker, ""), none, dmarc::Result::pass},
      {"null sender of another HELO",
       letter("admin@legit.test"),
       with_sender(from_attacker, ""),
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"reject, nothing else",
       letter("admin@legit.test"),
       soft,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"},
       "nothing else says"},
      {"reject, SPF fails hard", letter("admin@legit.test"), spf_fails, reject, dmarc::Result::fail, {}, "SPF says"},
      {"the same from a list",
       letter("admin@legit.test", "List-Id: <l.list.test>\r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"the same, List-Post",
       letter("admin@legit.test", "List-Post: <mailto:l@list.test>\r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"the same, Precedence",
       letter("admin@legit.test", "Precedence: List \r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"Precedence: bulk is no list", letter("admin@legit.test", "Precedence: bulk\r\n"), spf_fails, reject, dmarc::Result::fail},
      {"the same, resent",
       letter("admin@legit.test", "Resent-From: <x@list.test>\r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"the same, delivered before",
       letter("admin@legit.test", "Delivered-To: x@list.test\r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"the same, X-Forwarded-To",
       letter("admin@legit.test", "X-Forwarded-To: x@list.test\r\n"),
       spf_fails,
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"the same, signed by another", signed_by_other, spf_fails, quarantine, dmarc::Result::fail, {"local_policy"}},
      {"the same, its signature broken", signed_by_other + "x", spf_fails, reject, dmarc::Result::fail},
      {"SRS",
       letter("admin@legit.test"),
       with_sender(from_attacker, "SRS0=x=yz=legit.test=a@attack.test"),
       quarantine,
       dmarc::Result::fail,
       {"local_policy"}},
      {"quarantine",
       letter("a@quarantine.test"),
       soft,
       quarantine,
       dmarc::Result::fail,
       {},
       "p= of quarantine.test asks for quarantine"},
      {"quarantine, SPF fails hard", letter("a@quarantine.test"), spf_fails, quarantine, dmarc::Result::fail},
      {"policy none", letter("a@monitor.test"), spf_fails, none, dmarc::Result::fail},
      {"test mode", letter("a@testing.test"), soft, quarantine, dmarc::Result::fail, {"policy_test_mode"}, "in test mode"},
      {"test mode, SPF fails hard", letter("a@testing.test"), spf_fails, quarantine, dmarc::Result::fail, {"policy_test_mode"}},
      {"no policy", letter("a@plain.test"), soft, none, dmarc::Result::none, {}, "neither plain.test nor a domain above it"},
      {"no policy, SPF fails hard",
       letter("a@nowhere.test"),
       spf_fails,
       none,
       dmarc::Result::none,
       {},
       "which alone rejects nothing"},
      {"unusable record", letter("a@broken.test"), soft, none, dmarc::Result::permerror, {}, "cannot be used"},
      {"no From", rest, from_legit, quarantine, dmarc::Result::permerror, {"local_policy"}, "there is no From"},
      {"author is an address", letter("a@[192.0.2.66]"), soft, quarantine, dmarc::Result::permerror, {"local_policy"}},
      {"pass, but two From",
       letter("admin@legit.test", "From: other@legit.test\r\n"),
       from_legit,
       quarantine,
       dmarc::Result::pass,
       {"local_policy"},
       "2 From fields"},
  };
  for (const auto& row : rows) {
    const auto j = judged(row.bytes, row.facts);
    EXPECT_EQ(name_of(j.disposition), name_of(row.disposition)) << row.what << ": " << j.reason;
    EXPECT_EQ(name_of(j.dmarc.result), name_of(row.dmarc)) << row.what << ": " << j.reason;
    std::vector<std::string> overrides;
    for (const auto& o : j.overrides) overrides.push_back(o.type);
    EXPECT_EQ(overrides, row.overrides) << row.what << ": " << j.reason;
    EXPECT_TRUE(j.reason.contains(row.says)) << row.what << ": " << j.reason;
    EXPECT_FALSE(j.reason.empty()) << row.what;
  }
}

// Case, final dots, Unicode and underscores do not stand between a domain and itself.
TEST(Judgement, AlignsDomainsInEverySpelling) {
  auto dns = world();
  for (const auto* name : {"xn--mller-kva.test", "b_1.xn--mller-kva.test"}) dns.txt(name, "v=spf1 ip4:192.0.2.1 -all");
  dns.txt("_dmarc.xn--mller-kva.test", "v=DMARC1; p=reject").txt("s1._domainkey.xn--mller-kva.test", dkim::key_record(key()));
  const std::string from = "a@M\xc3\xbcller.TEST";
  for (const auto* sender :
       {"a@xn--mller-kva.test", "a@XN--MLLER-KVA.Test", "a@xn--mller-kva.test.", "a@b_1.xn--mller-kva.test"}) {
    const auto j = judged(letter(from), with_sender(from_legit, sender), {}, dns);
    EXPECT_EQ(j.dmarc.result, dmarc::Result::pass) << sender << ": " << j.reason;
  }
  EXPECT_EQ(judged(signed_by("xn--mller-kva.test", letter(from)), from_attacker, {}, dns).dmarc.result, dmarc::Result::pass);
  EXPECT_EQ(judged(letter("admin@LEGIT.Test"), with_sender(from_legit, "x@Legit.TEST"), {}, dns).dmarc.result,
            dmarc::Result::pass);
  EXPECT_EQ(judged(letter("admin@legit.test."), from_legit, {}, dns).disposition, Disposition::quarantine);
}

TEST(Judgement, RejectsOnThePolicyAloneOnlyIfToldSo) {
  const auto soft = with_sender(from_attacker, "a@soft.test");
  const Rules rules{.reject_on_policy_alone = true};
  const auto j = judged(letter("admin@legit.test"), soft, rules);
  EXPECT_EQ(j.disposition, Disposition::reject);
  EXPECT_TRUE(j.overrides.empty());
  EXPECT_EQ(judged(letter("a@quarantine.test"), soft, rules).disposition, Disposition::quarantine);
  EXPECT_EQ(judged(letter("a@testing.test"), soft, rules).disposition, Disposition::quarantine);
  EXPECT_EQ(judged(letter("a@plain.test"), soft, rules).disposition, Disposition::none);
}

// The server cases of espoofer (attacks.md 2C) as far as they reach a judgement: legit.test must never look proved.
TEST(Judgement, EspooferGetsNothingThrough) {
  const std::string admin = "admin@legit.test";
  const std::string nul_selector = "DKIM-Signature: v=1; a=ed25519-sha256; d=legit.test; s=selector._domainkey.attack.test." +
                                   std::string(1, '\0') +
                                   ".any; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
  const std::string quote_domain =
      "DKIM-Signature: v=1; a=ed25519-sha256; d=legit.test'a.attack.test; s=s1; h=from; "
      "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
  struct Case {
    std::string id, bytes, mail_from;
  };
  const Case cases[] = {
      {"a1", letter(admin), "any@mailfrom.notexist.legit.test"},
      {"a2", letter(admin), "(any@legit.test"},
      {"a3", nul_selector + letter(admin), "any@attack.test"},
      {"a4", quote_domain + letter(admin), "any@attack.test"},
      {"a5", letter(admin), "any@legit.test(a.attack.test"},
      {"a6", letter(admin), "any@legit.test'@any.attack.test"},
      {"a7", letter(admin), "@legit.test,@any.com:'any@attack.test"},
      {"a8", signed_by("attack.test", letter("first@attack.test", "From: " + admin + "\r\n")), "any@attack.test"},
      {"a9", " From: " + admin + "\r\n" + letter("first@attack.test"), "any@attack.test"},
      {"a10", "From : " + admin + "\r\n" + rest, "any@attack.test"},
      {"a10 with another", "From : " + admin + "\r\n" + letter("first@attack.test"), "any@attack.test"},
      {"a11", "From\r\n : " + admin + "\r\n" + letter("first@attack.test"), "any@attack.test"},
      {"a12", "From\r\n : first@attack.test\r\nSender: s@attack.test\r\n" + letter(admin), "any@attack.test"},
      {"a13", "From\r\n : " + admin + "\r\nResent-From: s@attack.test\r\n" + rest, "any@attack.test"},
      {"a14", signed_by("attack.test", letter("<first@attack.test>, <" + admin + ">")), "any@attack.test"},
      {"a15", letter("=?utf-8?B?PGFkbWluQGxlZ2l0LnRlc3Q+?=, <x@attack.test>"), "any@attack.test"},
      {"a15 alone", letter("=?utf-8?B?PGFkbWluQGxlZ2l0LnRlc3Q+?="), "any@attack.test"},
      {"a16", letter("<@attack.test,@any.com:" + admin + ">"), "any@attack.test"},
      {"a17", letter("<" + admin + ">\\,<second@attack.test>"), "any@attack.test"},
      {"a18", letter(admin + ",<second@attack.test>"), "any@attack.test"},
      {"a19", letter("<any@attack.test>" + admin), "any@attack.test"},
  };
  for (const auto& c : cases) {
    const auto j = judged(c.bytes, with_sender(from_attacker, c.mail_from));
    EXPECT_NE(j.disposition, Disposition::none) << c.id << ": " << j.reason;
    const auto results = results_of(j, from_attacker);
    for (const auto& one : results.results)
      if (one.method == "dmarc" && one.result == "pass") {
        EXPECT_EQ(property(one, "header.from"), "attack.test") << c.id;
      }
    for (const auto& verdict : j.all_dmarc)
      if (verdict.author == "legit.test") {
        EXPECT_EQ(verdict.result, dmarc::Result::fail) << c.id;
      }
    const auto field = wire(results);
    EXPECT_EQ(field.find('\0'), field.npos) << c.id;
  }
  for (const auto* id : {"a8", "a14", "a18"}) {
    const auto& c = *std::ranges::find(cases, id, &Case::id);
    EXPECT_EQ(judged(c.bytes, from_attacker).disposition, Disposition::reject) << id;
  }
}

TEST(Judgement, AsksNothingForNamesThatAreNone) {
  const auto bytes =
      "DKIM-Signature: v=1; a=ed25519-sha256; d=legit.test'a.attack.test; s=x; h=from; "
      "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n" +
      letter("admin@legit.test");
  const auto message = mail::parse(bytes);
  Answers answers;
  driven(world(), answers, [&](Answers& a) { return judge(message, from_attacker, {}, a); });
  for (const auto& [question, answer] : answers.all()) EXPECT_EQ(question.name.find('\''), std::string::npos) << question.name;
}

TEST(Judgement, OfSeveralAuthorsTheStrictestFailingDecides) {
  const auto two = judged(signed_by("attack.test", letter("ceo@legit.test, me@attack.test")), from_attacker);
  EXPECT_EQ(two.disposition, Disposition::reject);
  EXPECT_EQ(two.dmarc.author, "legit.test");
  EXPECT_EQ(two.all_dmarc.size(), 2U);
  const auto results = results_of(two, from_attacker);
  const auto* dmarc = method(results, "dmarc");
  ASSERT_NE(dmarc, nullptr);
  EXPECT_EQ(dmarc->result, "permerror");
  EXPECT_EQ(dmarc->reason, "2 author domains");
  const auto weak = judged(letter("a@quarantine.test, b@monitor.test"), from_attacker);
  EXPECT_EQ(weak.disposition, Disposition::reject);
  EXPECT_EQ(weak.dmarc.author, "quarantine.test");
  const auto harmless = judged(letter("a@plain.test, b@monitor.test"), from_attacker);
  EXPECT_EQ(harmless.disposition, Disposition::none);
  const auto one_domain = judged(letter("a@legit.test, b@legit.test"), from_legit);
  EXPECT_EQ(one_domain.disposition, Disposition::none);
  EXPECT_EQ(one_domain.dmarc.result, dmarc::Result::pass);
  const auto many = judged(letter("a@a.test, a@b.test, a@c.test, a@d.test, a@legit.test"), from_attacker);
  EXPECT_EQ(many.all_dmarc.size(), 4U);
  EXPECT_EQ(many.disposition, Disposition::quarantine);
  EXPECT_TRUE(many.reason.contains("5 domains")) << many.reason;
}

TEST(Judgement, TrustsForwardersThatTheAdministratorNames) {
  const auto bytes = letter("admin@legit.test");
  const auto facts = with_sender(from_attacker, "admin@legit.test");
  for (const auto* good : {"192.0.2.66", "192.0.2.0/24", "192.0.2.64/30", "0.0.0.0/0", " 192.0.2.66 / 32 "}) {
    const auto j = judged(bytes, facts, {.trusted_forwarders = {"2001:db8::/32", good}});
    EXPECT_EQ(j.disposition, Disposition::none) << good;
    ASSERT_EQ(j.overrides.size(), 1U);
    EXPECT_EQ(j.overrides[0].type, "trusted_forwarder");
    EXPECT_EQ(j.dmarc.result, dmarc::Result::fail);
  }
  for (const auto* bad :
       {"192.0.2.6", "192.0.2.0/26", "::/0", "192.0.2.66/33", "192.0.2.66/", "192.0.2.0/2x", "example.test", ""})
    EXPECT_EQ(judged(bytes, facts, {.trusted_forwarders = {bad}}).disposition, Disposition::reject) << bad;
  EXPECT_TRUE(is_in_networks("2001:db8::7", {"2001:DB8::/32"}));
  EXPECT_FALSE(is_in_networks("2001:db9::7", {"2001:db8::/32"}));
  EXPECT_TRUE(is_in_networks("::ffff:192.0.2.7", {"192.0.2.0/24"}));
  EXPECT_FALSE(is_in_networks("", {"0.0.0.0/0", "::/0"}));
  // A forwarder cannot make a From readable.
  const auto odd = judged(letter("admin@legit.test", "From: x@legit.test\r\n"), facts, {.trusted_forwarders = {"192.0.2.66"}});
  EXPECT_EQ(odd.disposition, Disposition::quarantine);
}

std::string sealed(const std::string& bytes, const std::string& domain, const std::string& saw) { return sealed(world(), bytes, domain, saw); }

TEST(Judgement, ArcChangesNothingUnlessTheSealerIsTrusted) {
  const std::string saw = "dmarc=pass header.from=legit.test";
  const auto bytes = letter("admin@legit.test", "List-Id: <l.list.test>\r\n");
  const auto one = sealed(bytes, "list.test", saw);
  const Rules trusts{.trusted_sealers = {"other.test", "List.Test"}};
  const auto trusted = judged(one, from_attacker, trusts);
  EXPECT_EQ(trusted.arc.result, arc::Result::pass) << trusted.arc.reason;
  EXPECT_EQ(trusted.disposition, Disposition::none) << trusted.reason;
  ASSERT_EQ(trusted.overrides.size(), 1U);
  EXPECT_EQ(trusted.overrides[0].type, "local_policy");
  EXPECT_EQ(trusted.overrides[0].comment, "arc=pass as[1].d=list.test");
  EXPECT_EQ(trusted.dmarc.result, dmarc::Result::fail);

  const std::pair<std::string, std::string> refused[] = {
      {"saw a fail", sealed(bytes, "list.test", "dmarc=fail header.from=legit.test")},
      {"saw another author", sealed(bytes, "list.test", "dmarc=pass header.from=attack.test")},
      {"saw no author", sealed(bytes, "list.test", "dmarc=pass")},
      {"saw nothing", sealed(bytes, "list.test", "")},
      {"only SPF", sealed(bytes, "list.test", "spf=pass header.from=legit.test")},
      {"in a comment", sealed(bytes, "list.test", "spf=pass (; dmarc=pass header.from=legit.test)")},
      {"changed behind it", one + "more"},
      {"an attacker behind it", sealed(one, "attack.test", saw)},
      {"the attacker alone", sealed(bytes, "attack.test", saw)},
  };
  for (const auto& [what, message] : refused) {
    const auto j = judged(message, from_attacker, trusts);
    EXPECT_EQ(j.disposition, Disposition::quarantine) << what << ": " << j.reason;
  }
  EXPECT_EQ(judged(one, from_attacker).disposition, Disposition::quarantine);
  const auto both = judged(sealed(sealed(bytes, "list.test", saw), "other.test", ""), from_attacker, trusts);
  EXPECT_NE(both.disposition, Disposition::none);  // other.test has no key: the chain fails
  const auto chain = judged(sealed(sealed(bytes, "list.test", saw), "plain.test", "dmarc=fail header.from=legit.test"),
                            from_attacker, {.trusted_sealers = {"list.test", "plain.test"}});
  EXPECT_EQ(chain.disposition, Disposition::none) << chain.reason;
  EXPECT_EQ(chain.overrides[0].comment, "arc=pass as[1].d=list.test");
}

// attacks.md C13: a chain does not soften what would be refused without it.
TEST(Judgement, AttackersSealOfTheirOwnForgeryIsStillRefused) {
  const auto forged = with_sender(from_attacker, "admin@legit.test");
  const auto bytes = letter("admin@legit.test");
  ASSERT_EQ(judged(bytes, forged).disposition, Disposition::reject);
  const auto once = sealed(bytes, "attack.test", "dmarc=pass header.from=legit.test");
  for (const auto& message : {once, sealed(once, "attack.test", "none"), once + "changed", "ARC-Seal: i=1; cv=none\r\n" + bytes}) {
    const auto j = judged(message, forged);
    EXPECT_EQ(j.disposition, Disposition::reject) << j.reason;
    EXPECT_FALSE(j.forwarded);
  }
  // A sealer who is trusted and saw no pass is a forwarder, whose SPF tells nothing.
  const auto passed_on = judged(sealed(bytes, "list.test", "dmarc=fail header.from=legit.test"), forged, {.trusted_sealers = {"list.test"}});
  EXPECT_TRUE(passed_on.forwarded);
  EXPECT_EQ(passed_on.disposition, Disposition::quarantine);
}

TEST(Judgement, IsShownInAuthenticationResults) {
  const auto pass = judged(signed_by("legit.test", letter("admin@legit.test")), from_legit);
  const auto results = results_of(pass, from_legit);
  EXPECT_EQ(results.authserv_id, "mx.posthorn.test");
  ASSERT_EQ(results.results.size(), 4U);
  EXPECT_EQ(property(results.results[0], "smtp.mailfrom"), "admin@legit.test");
  EXPECT_EQ(results.results[0].result, "pass");
  EXPECT_EQ(property(results.results[1], "smtp.helo"), "mx.legit.test");
  EXPECT_EQ(results.results[1].result, "none");
  EXPECT_EQ(results.results[2].method, "dkim");
  EXPECT_EQ(property(results.results[2], "header.d"), "legit.test");
  EXPECT_EQ(property(results.results[2], "header.s"), "s1");
  EXPECT_EQ(property(results.results[2], "header.b"), base64_encode(pass.dkim[0].signature).substr(0, 8));
  EXPECT_EQ(property(results.results[3], "header.from"), "legit.test");
  EXPECT_EQ(property(results.results[3], "policy.dmarc"), "none");
  const auto quarantined = judged(letter("admin@legit.test"), with_sender(from_attacker, "a@soft.test"));
  EXPECT_EQ(property(*method(results_of(quarantined, from_attacker), "dmarc"), "policy.dmarc"), "quarantine");
  EXPECT_EQ(method(results_of(quarantined, from_attacker), "dkim")->result, "none");
  const auto bounce = with_sender(from_attacker, "");
  EXPECT_EQ(property(*method(results_of(judged(letter("a@plain.test"), bounce), bounce), "spf"), "smtp.mailfrom"),
            "postmaster@mx.attack.test");
  // A file has no client: nothing is said of SPF.
  const auto file = judged(signed_by("legit.test", letter("admin@legit.test")), Facts{"", "", "", "mx.posthorn.test", now});
  EXPECT_EQ(file.dmarc.result, dmarc::Result::pass);
  EXPECT_EQ(file.spf.result, spf::Result::none);
  EXPECT_EQ(method(results_of(file, Facts{}), "spf"), nullptr);
  EXPECT_TRUE(parse_authentication_results("mx; " + wire(results).substr(wire(results).find(';') + 1)));
  // A flood of signatures does not become a flood of results.
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += "DKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=s; h=from; bh=x; b=x\r\n";
  EXPECT_LE(results_of(judged(flood + letter("admin@legit.test"), from_attacker), from_attacker).results.size(), 20U);
  // And the good one behind it is shown.
  std::string other;
  for (int i = 0; i < 100; ++i) other += "DKIM-Signature: v=1; a=rsa-sha256; d=other.test; s=s" + std::to_string(i) + "; h=from; bh=x; b=x\r\n";
  const auto behind = results_of(judged(other + signed_by("legit.test", letter("admin@legit.test")), from_attacker), from_attacker);
  EXPECT_LE(behind.results.size(), 20U);
  EXPECT_TRUE(std::ranges::any_of(behind.results, [](const auto& one) { return one.method == "dkim" && one.result == "pass"; }));
}

TEST(Judgement, FailingDnsIsATemperrorAndNeverAPass) {
  const auto bytes = signed_by("legit.test", letter("admin@legit.test"));
  for (const auto* name : {"_dmarc.legit.test", "s1._domainkey.legit.test"}) {
    const auto j = judged(bytes, from_attacker, {}, world().fails(name));
    EXPECT_EQ(j.dmarc.result, dmarc::Result::temperror) << name;
    EXPECT_EQ(j.disposition, Disposition::none);
    EXPECT_TRUE(j.reason.contains("could not check")) << j.reason;
  }
  // An attacker's own broken DNS buys nothing.
  const auto own = judged(signed_by("attack.test", letter("admin@legit.test")), from_attacker, {},
                          world().fails("s1._domainkey.attack.test").fails("attack.test"));
  EXPECT_EQ(own.dmarc.result, dmarc::Result::fail);
  EXPECT_EQ(own.disposition, Disposition::quarantine);

  const std::string names[] = {"_dmarc.legit.test",         "_dmarc.test",        "legit.test",
                               "s1._domainkey.legit.test",  "_dmarc.attack.test", "attack.test",
                               "s1._domainkey.attack.test", "mx.legit.test",      "_dmarc.list.test",
                               "s1._domainkey.list.test"};
  const std::string messages[] = {bytes,
                                  signed_by("attack.test", letter("admin@legit.test")),
                                  letter("admin@legit.test"),
                                  letter("a@attack.test, b@legit.test"),
                                  sealed(letter("admin@legit.test"), "list.test", "dmarc=pass header.from=legit.test"),
                                  signed_by("attack.test", letter("x@attack.test"))};
  std::mt19937 random(5);
  int passes = 0, temperrors = 0;
  for (int i = 0; i < 600; ++i) {
    const auto& message = messages[random() % std::size(messages)];
    const auto& facts = random() % 2 == 0 ? from_legit : from_attacker;
    auto dns = world();
    for (const auto& name : names)
      if (random() % 4 == 0) dns.fails(name);
    const auto broken = judged(message, facts, {}, dns);
    const auto whole = judged(message, facts);
    if (broken.dmarc.result == dmarc::Result::pass) {
      EXPECT_EQ(whole.dmarc.result, dmarc::Result::pass);
      ++passes;
    }
    if (broken.spf.result == spf::Result::pass) {
      EXPECT_EQ(whole.spf.result, spf::Result::pass);
    }
    if (broken.arc.result == arc::Result::pass) {
      EXPECT_EQ(whole.arc.result, arc::Result::pass);
    }
    temperrors += broken.dmarc.result == dmarc::Result::temperror ? 1 : 0;
  }
  EXPECT_GT(passes, 30);
  EXPECT_GT(temperrors, 30);
}

TEST(Judgement, IsTheSameWithProgressKept) {
  const auto bytes = sealed(signed_by("legit.test", letter("admin@legit.test")), "list.test", "none");
  const auto message = mail::parse(bytes);
  Answers answers;
  Progress progress;
  std::vector<Question> asked;
  const auto kept = driven(
      world(), answers, [&](Answers& a) { return judge(message, from_attacker, {}, a, progress); }, &asked);
  EXPECT_TRUE(progress.dkim && progress.arc && progress.spf);
  const auto again = judge(message, from_attacker, {}, answers);
  ASSERT_TRUE(again);
  EXPECT_EQ(wire(results_of(*again, from_attacker)), wire(results_of(kept, from_attacker)));
  EXPECT_EQ(again->reason, kept.reason);
  for (const auto& question : asked) EXPECT_EQ(std::ranges::count(asked, question), 1) << question.name;
}

}  // namespace
}  // namespace posthorn::trust
