// The worked examples of /work/shared/rfc/dmarc-9989-notes.md (12) and more of our own, each a whole message through the whole
// judgement.
//
// "# title" begins an example with an empty DNS; "NAME = TEXT" is a TXT record in it (MISSING: the name does not exist, FAILS: it
// gives no answer). "author | sender | signers | verdict | what is done" is a message in it:
//   sender   "pass X": MAIL FROM of X, which lets the client send; "fail X": which does not; "null X": <> with HELO X, which
//   does;
//            "open X": X gives no answer; "-": a sender without SPF
//   signers  domains whose signatures are good; "?X": X's key gives no answer; "!X": the signature is broken
//   verdict  result, tag, policy and the domain of the record, after "of" the organizational domain
//   done     disposition and the overrides that a report would name
// Every name that is spoken of exists, unless it is MISSING. Example 8 is in tests/report/destination_test.cpp.
#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "kit.h"
#include "letters.h"

namespace posthorn::trust {
namespace {

const std::string worked = R"(
# 1. Subdomain author, relaxed DKIM
_dmarc.orchid.example = v=DMARC1; p=reject; rua=mailto:d@orchid.example
ana@news.orchid.example | pass esp.mailer.test | orchid.example | pass p=reject orchid.example of orchid.example | none

# 2. Non-existent subdomain, test mode
_dmarc.brook.test = v=DMARC1; p=quarantine; np=reject; t=y; rua=mailto:r@brook.test
nope.brook.test = MISSING
x@nope.brook.test | null evil.test | - | fail np=reject brook.test of brook.test | quarantine policy_test_mode
x@some.brook.test | null evil.test | - | fail p=quarantine brook.test of brook.test | none policy_test_mode

# 3. psd=n cuts
_dmarc.uni.example = v=DMARC1; p=reject
_dmarc.lab.uni.example = v=DMARC1; p=none; psd=n; rua=mailto:r@lab.uni.example
prof@mail.lab.uni.example | fail uni.example | uni.example | fail p=none lab.uni.example of lab.uni.example | none
dean@uni.example | - | lab.uni.example | fail p=reject uni.example of uni.example | quarantine local_policy

# 4. PSD with a policy
_dmarc.bankreg.test = v=DMARC1; p=reject; sp=quarantine; np=reject; psd=y; rua=mailto:a@bankreg.test; ruf=mailto:f@bankreg.test
a@alpha.bankreg.test | - | mail.alpha.bankreg.test | pass sp=quarantine bankreg.test of alpha.bankreg.test | none
a@alpha.bankreg.test | - | beta.bankreg.test | fail sp=quarantine bankreg.test of alpha.bankreg.test | quarantine
a@bankreg.test | - | bankreg.test | pass p=reject bankreg.test of bankreg.test | none

# 5. More than eight labels, mixed strictness
_dmarc.shop.test = v=DMARC1; p=quarantine; adkim=s
_dmarc.b.c.d.e.f.g.h.shop.test = v=DMARC1; p=none; psd=n
x@a.b.c.d.e.f.g.h.shop.test | pass bounce.shop.test | shop.test | pass p=quarantine shop.test of shop.test | none
x@a.b.c.d.e.f.g.h.shop.test | - | shop.test | fail p=quarantine shop.test of shop.test | quarantine

# 6. Two From domains
_dmarc.bank1.example = v=DMARC1; p=reject
_dmarc.evil.test = v=DMARC1; p=none
ceo@bank1.example, me@evil.test | - | evil.test | fail p=reject bank1.example of bank1.example, shown as permerror | reject
a@evil.test, b@evil.test | - | evil.test | pass p=none evil.test of evil.test | none

# 7. Broken records
_dmarc.pair.test = v=DMARC1; p=reject
_dmarc.pair.test = v=DMARC1; p=none
_dmarc.typo.test = v=DMARC1; p=rejct; rua=mailto:r@typo.test
_dmarc.mute.test = v=DMARC1; p=rejct
_dmarc.only-sp.test = v=DMARC1; sp=none
_dmarc.late.test = p=reject; v=DMARC1
_dmarc.x.test = v=DMARC1; p=reject; pct=0; rua=mailto:r@x.test!10m
a@pair.test | - | - | none of pair.test | none
a@typo.test | - | - | fail p=none typo.test of typo.test | none
a@mute.test | - | mute.test | permerror mute.test of mute.test | none
a@only-sp.test | - | only-sp.test | permerror only-sp.test of only-sp.test | none
a@late.test | - | - | none of late.test | none
a@x.test | - | - | fail p=reject x.test of x.test | quarantine local_policy
)";

const std::string ours = R"(
# Whose policy: the author's own record before the organization's before the public suffix's
_dmarc.test = v=DMARC1; p=quarantine; np=reject; psd=y
_dmarc.a.test = v=DMARC1; p=reject; sp=none
_dmarc.own.a.test = v=DMARC1; p=quarantine; sp=none; np=none
gone.a.test = MISSING
gone.test = MISSING
x@own.a.test | - | - | fail p=quarantine own.a.test of a.test | quarantine
x@sub.a.test | - | - | fail sp=none a.test of a.test | none
x@gone.a.test | - | - | fail sp=none a.test of a.test | none
x@a.test | - | - | fail p=reject a.test of a.test | quarantine local_policy
x@b.test | - | - | fail p=quarantine test of b.test | quarantine
x@gone.test | - | - | fail np=reject test of gone.test | quarantine local_policy
x@deep.under.b.test | pass b.test | - | pass p=quarantine test of b.test | none
x@sub.own.a.test | - | - | fail sp=none a.test of a.test | none
x@own.a.test | pass a.test | - | pass p=quarantine own.a.test of a.test | none

# Test mode lowers each policy by one, and only that
_dmarc.n.test = v=DMARC1; p=none; t=y
_dmarc.q.test = v=DMARC1; p=quarantine; t=y
_dmarc.r.test = v=DMARC1; p=reject; t=Y
_dmarc.s.test = v=DMARC1; p=reject; sp=quarantine; t=y
_dmarc.bad.test = v=DMARC1; p=reject; t=maybe
x@n.test | fail n.test | - | fail p=none n.test of n.test | none
x@q.test | fail q.test | - | fail p=quarantine q.test of q.test | none policy_test_mode
x@r.test | - | - | fail p=reject r.test of r.test | quarantine policy_test_mode
x@r.test | fail r.test | - | fail p=reject r.test of r.test | quarantine policy_test_mode
x@sub.s.test | - | - | fail sp=quarantine s.test of s.test | none policy_test_mode
x@r.test | pass r.test | - | pass p=reject r.test of r.test | none
x@bad.test | - | - | fail p=reject bad.test of bad.test | quarantine local_policy

# Alignment, relaxed
_dmarc.a.test = v=DMARC1; p=reject
x@a.test | pass a.test | - | pass p=reject a.test of a.test | none
x@a.test | pass m.a.test | - | pass p=reject a.test of a.test | none
x@m.a.test | pass a.test | - | pass p=reject a.test of a.test | none
x@m.a.test | pass n.a.test | - | pass p=reject a.test of a.test | none
x@a.test | null m.a.test | - | pass p=reject a.test of a.test | none
x@a.test | pass b.test | - | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | pass evila.test | - | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | pass a.test.evil.example | - | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | fail a.test | - | fail p=reject a.test of a.test | reject
x@a.test | fail a.test | b.test | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | fail a.test | !a.test | fail p=reject a.test of a.test | reject
x@a.test | - | !a.test a.test | pass p=reject a.test of a.test | none
x@a.test | - | b.test c.test m.a.test | pass p=reject a.test of a.test | none
x@a.test | fail b.test | - | fail p=reject a.test of a.test | reject
X@A.Test | pass M.a.TEST | - | pass p=reject a.test of a.test | none
x@a.test, y@A.TEST | pass a.test | - | pass p=reject a.test of a.test | none

# Alignment, strict and mixed
_dmarc.a.test = v=DMARC1; p=reject; adkim=s; aspf=s
_dmarc.d.test = v=DMARC1; p=reject; adkim=S
_dmarc.f.test = v=DMARC1; p=reject; aspf=s; adkim=x
x@a.test | pass m.a.test | m.a.test | fail p=reject a.test of a.test | quarantine local_policy
x@m.a.test | pass a.test | a.test | fail p=reject a.test of a.test | quarantine local_policy
x@m.a.test | - | m.a.test | pass p=reject a.test of a.test | none
x@d.test | - | m.d.test | fail p=reject d.test of d.test | quarantine local_policy
x@d.test | pass m.d.test | m.d.test | pass p=reject d.test of d.test | none
x@f.test | pass m.f.test | - | fail p=reject f.test of f.test | quarantine local_policy
x@f.test | - | m.f.test | pass p=reject f.test of f.test | none

# Zone cuts
_dmarc.host.test = v=DMARC1; p=none; psd=y
_dmarc.one.host.test = v=DMARC1; p=reject
_dmarc.cut.one.host.test = v=DMARC1; p=quarantine; psd=n
x@one.host.test | - | two.host.test | fail p=reject one.host.test of one.host.test | quarantine local_policy
x@one.host.test | - | host.test | fail p=reject one.host.test of one.host.test | quarantine local_policy
x@two.host.test | - | m.two.host.test | pass p=none host.test of two.host.test | none
x@cut.one.host.test | pass one.host.test | - | fail p=quarantine cut.one.host.test of cut.one.host.test | quarantine
x@m.one.host.test | pass cut.one.host.test | - | fail p=reject one.host.test of one.host.test | quarantine local_policy
x@m.cut.one.host.test | pass n.cut.one.host.test | - | pass p=quarantine cut.one.host.test of cut.one.host.test | none
x@host.test | - | one.host.test | fail p=none host.test of host.test | none

# Records in odd clothes
_dmarc.caps.test = V = DMARC1 ; P = Reject ; ADKIM = R ;
_dmarc.low.test = v=dmarc1; p=reject
_dmarc.semi.test = v=DMARC1 p=reject
_dmarc.twice.test = v=DMARC1; p=none; p=reject
_dmarc.new.test = v=DMARC1; p=reject; bimi=what; x=
_dmarc.mixed.test = v=spf1 -all
_dmarc.mixed.test = v=DMARC1; p=reject
_dmarc.sp.test = v=DMARC1; p=reject; sp=bad; rua=mailto:r@sp.test
_dmarc.uri.test = v=DMARC1; p=bad; rua=what
_dmarc.bare.test = v=DMARC1; rua=mailto:r@bare.test
x@caps.test | - | - | fail p=reject caps.test of caps.test | quarantine local_policy
x@low.test | - | - | none of low.test | none
x@semi.test | - | - | none of semi.test | none
x@twice.test | - | - | fail p=none twice.test of twice.test | none
x@new.test | - | - | fail p=reject new.test of new.test | quarantine local_policy
x@mixed.test | - | - | fail p=reject mixed.test of mixed.test | quarantine local_policy
x@sp.test | - | - | fail p=none sp.test of sp.test | none
x@uri.test | - | - | permerror uri.test of uri.test | none
x@bare.test | - | - | fail p=none bare.test of bare.test | none

# A DNS that gives no answer
_dmarc.a.test = v=DMARC1; p=reject; np=none
_dmarc.deaf.test = FAILS
_dmarc.deaf.example = FAILS
sub.a.test = FAILS
x@a.test | open a.test | - | temperror p=reject a.test of a.test | none
x@a.test | open b.test | - | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | - | ?a.test | temperror p=reject a.test of a.test | none
x@a.test | - | ?b.test | fail p=reject a.test of a.test | quarantine local_policy
x@a.test | open a.test | a.test | pass p=reject a.test of a.test | none
x@deaf.test | pass deaf.test | deaf.test | temperror | none
x@a.test | - | deaf.example | fail p=reject a.test of a.test | quarantine local_policy
x@sub.a.test | - | - | temperror p=reject a.test of a.test | none
x@sub.a.test | - | a.test | pass p=reject a.test of a.test | none
x@a.test, y@deaf.test | - | a.test | temperror, shown as permerror | none
x@a.test, y@deaf.test | - | - | fail p=reject a.test of a.test, shown as permerror | reject

# More than one author, and none
_dmarc.q.test = v=DMARC1; p=quarantine
_dmarc.r.test = v=DMARC1; p=reject
_dmarc.n.test = v=DMARC1; p=none
x@q.test, y@n.test | pass n.test | - | fail p=quarantine q.test of q.test, shown as permerror | reject local_policy
x@n.test, y@free.test | - | - | fail p=none n.test of n.test, shown as permerror | none
x@r.test, y@q.test | pass r.test | q.test | pass p=reject r.test of r.test, shown as permerror | none
x@r.test, y@q.test | pass r.test | - | fail p=quarantine q.test of q.test, shown as permerror | reject local_policy
undisclosed: ; | pass r.test | - | permerror | quarantine local_policy
x@[192.0.2.1] | pass r.test | - | permerror | quarantine local_policy
"x@r.test" <y@n.test> | pass n.test | - | pass p=none n.test of n.test | none
)";

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (const auto word : split(text, ' '))
    if (!word.empty() && word != "-") out.emplace_back(word);
  return out;
}

class Example {
 public:
  void record(const std::string& name, const std::string& text) {
    if (text == "FAILS")
      failing_.push_back(name);
    else if (text == "MISSING")
      missing_.push_back(name);
    else
      records_.emplace_back(name, text);
  }

  // `organization`: of the decisive author by the walk alone, which a judgement takes only where it matters.
  Judgement judged(const std::vector<std::string>& columns, std::string& organization) const {
    Dns dns;
    for (const auto& [name, text] : records_) dns.txt(name, text);
    for (const auto& name : failing_) dns.fails(name);
    const auto facts = facts_of(words(columns[1]), dns);
    auto bytes = letter(columns[0]);
    for (const auto& signer : words(columns[2])) bytes = with_signature(signer, bytes, dns);
    const auto message = mail::parse(bytes);
    for (const auto& author : dmarc::authors_of(message).domains)
      if (std::ranges::find(missing_, author) == missing_.end()) dns.host(author);
    Answers answers;
    auto j = driven(dns, answers, [&](Answers& a) { return judge(message, facts, {}, a); });
    organization.clear();
    if (const auto& author = j.dmarc.author; !author.empty())
      organization =
          driven(dns, answers, [&](Answers& a) { return dmarc::organizational_domain(author, a); }).organizational_domain;
    if (!j.dmarc.organizational_domain.empty()) {
      EXPECT_EQ(j.dmarc.organizational_domain, organization);
    }
    return j;
  }

 private:
  static Facts facts_of(const std::vector<std::string>& sender, Dns& dns) {
    Facts facts{"192.0.2.1", "mx.nobody.test", "a@nobody.test", "mx.posthorn.test", now};
    if (sender.empty()) return facts;
    const auto& how = sender[0];
    const auto& domain = sender[1];
    if (how == "open")
      dns.fails(domain);
    else
      dns.txt(to_lower(domain), how == "fail" ? "v=spf1 -all" : "v=spf1 ip4:192.0.2.1 -all");
    facts.mail_from = how == "null" ? "" : "bounce@" + domain;
    if (how == "null") facts.helo = domain;
    return facts;
  }

  static std::string with_signature(const std::string& signer, const std::string& bytes, Dns& dns) {
    const auto kind = signer.front();
    const auto domain = kind == '?' || kind == '!' ? signer.substr(1) : signer;
    const auto name = "s1._domainkey." + domain;
    if (kind == '?')
      dns.fails(name);
    else
      dns.txt(name, dkim::key_record(key()));
    auto out = signed_by(domain, bytes);
    if (kind == '!') out.replace(out.find("bh=") + 3, 4, "AAAA");
    return out;
  }

  std::vector<std::pair<std::string, std::string>> records_;
  std::vector<std::string> failing_, missing_;
};

std::string verdict_of(const Judgement& j, const std::string& organization, const Facts& facts) {
  const auto& dmarc = j.dmarc;
  auto out = std::string(name_of(dmarc.result));
  if (!dmarc.tag.empty()) out += " " + dmarc.tag + "=" + std::string(name_of(dmarc.policy));
  if (!dmarc.record_domain.empty()) out += " " + dmarc.record_domain;
  if (!organization.empty()) out += " of " + organization;
  const auto results = results_of(j, facts).results;
  const auto shown = std::ranges::find(results, "dmarc", &MethodResult::method);
  EXPECT_NE(shown, results.end());
  if (shown != results.end() && shown->result != name_of(dmarc.result)) out += ", shown as " + shown->result;
  return out;
}

std::string done_with(const Judgement& j) {
  auto out = std::string(name_of(j.disposition));
  for (const auto& override_ : j.overrides) out += " " + override_.type;
  return out;
}

std::size_t expect_all(const std::string& text) {
  std::size_t count = 0;
  std::string title;
  Example example;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("# ")) {
      title = line;
      example = {};
    } else if (const auto columns = split(line, '|'); columns.size() == 5) {
      std::vector<std::string> trimmed;
      for (const auto column : columns) trimmed.emplace_back(trim(column));
      std::string organization;
      const auto j = example.judged(trimmed, organization);
      const Facts facts{"192.0.2.1", "mx.nobody.test", "a@nobody.test", "mx.posthorn.test", now};
      EXPECT_EQ(verdict_of(j, organization, facts), trimmed[3]) << title << "\n" << line << "\n" << j.dmarc.reason;
      EXPECT_EQ(done_with(j), trimmed[4]) << title << "\n" << line << "\n" << j.reason;
      ++count;
    } else if (const auto equals = line.find(" = "); equals != line.npos) {
      example.record(std::string(line.substr(0, equals)), std::string(line.substr(equals + 3)));
    } else {
      EXPECT_TRUE(line.empty()) << line;
    }
  }
  return count;
}

TEST(DmarcExamples, OfTheNotesAreJudgedAsTheySay) {
  const auto count = expect_all(worked);
  EXPECT_EQ(count, 18U);
  std::printf("%zu messages of the notes' examples\n", count);
}

TEST(DmarcExamples, OfOurOwnAreJudgedAsTheySay) {
  const auto count = expect_all(ours);
  EXPECT_GE(count, 70U);
  std::printf("%zu messages of our own\n", count);
}

}  // namespace
}  // namespace posthorn::trust
