// trust/judgement.cpp - the verdicts gathered for one message, and what they prove put before DMARC for each author domain.
#include "trust/judgement.h"

#include <algorithm>

#include "base/text.h"
#include "mail/address.h"
#include "trust/disposition.h"

namespace posthorn::trust {
namespace {

std::optional<spf::Verdict> check_spf(const Facts& facts, spf::Identity identity, Answers& answers) {
  if (facts.ip.empty()) {
    spf::Verdict unknown;
    unknown.identity = identity;
    unknown.reason = "the client's address is not known";
    return unknown;
  }
  const spf::Request request{facts.ip, facts.helo, facts.mail_from, identity, facts.receiver, facts.now};
  return spf::check(request, answers);
}

// Each check that is not done yet goes as far as it can, so that what all of them miss is asked for in one round.
bool gather(const mail::Message& message, const Facts& facts, Answers& answers, Progress& progress) {
  if (!progress.spf) progress.spf = check_spf(facts, spf::Identity::mail_from, answers);
  if (!progress.spf_helo) progress.spf_helo = check_spf(facts, spf::Identity::helo, answers);
  if (!progress.dkim) progress.dkim = dkim::verify(message, answers, facts.now);
  if (!progress.arc) progress.arc = arc::verify(message, answers, facts.now);
  return progress.spf && progress.spf_helo && progress.dkim && progress.arc;
}

void add(std::vector<std::string>& domains, std::string domain) {
  if (!domain.empty() && std::ranges::find(domains, domain) == domains.end()) domains.push_back(std::move(domain));
}

// To lower-case A-labels; domains of senders may have "_", which no host has.
std::string identifier(const std::string& domain) {
  if (auto parsed = mail::parse_domain(domain)) return std::move(*parsed);
  return dns::is_valid_name(domain) ? to_lower(domain) : std::string();
}

dmarc::Identifiers proved(const Judgement& j) {
  dmarc::Identifiers out;
  // rfc:9989#4.4: the MAIL FROM identity alone; of a null reverse-path that is the HELO name.
  if (const auto domain = identifier(j.spf.domain); !domain.empty()) {
    if (j.spf.result == spf::Result::pass) out.spf = domain;
    if (j.spf.result == spf::Result::temperror) out.spf_unknown = domain;
  }
  for (const auto& signature : j.dkim) {
    if (signature.result == dkim::Result::pass) add(out.dkim, identifier(signature.domain));
    if (signature.result == dkim::Result::temperror) add(out.dkim_unknown, identifier(signature.domain));
  }
  return out;
}

// How much a verdict weighs among those of several authors: a fail by its policy, and pass only if there is nothing else. A fail
// that asks for nothing does not hide that another author could not be checked.
int weight(const dmarc::Verdict& verdict) {
  switch (verdict.result) {
    case dmarc::Result::fail:
      if (verdict.applied == dmarc::Policy::none) return 10 + static_cast<int>(verdict.policy);
      return 100 + 10 * static_cast<int>(verdict.applied) + static_cast<int>(verdict.policy);
    case dmarc::Result::temperror: return 20;
    case dmarc::Result::permerror: return 3;
    case dmarc::Result::none: return 2;
    case dmarc::Result::pass: return 1;
  }
  return 0;
}

std::vector<std::string> judged_authors(Judgement& j) {
  const dmarc::Limits limits;
  auto domains = j.authors.domains;
  if (domains.size() <= limits.authors) return domains;
  j.authors.problems.push_back("From names " + std::to_string(domains.size()) + " domains, of which the first " +
                               std::to_string(limits.authors) + " were judged");
  domains.resize(limits.authors);
  return domains;
}

// All authors are asked for before any is waited for.
bool judge_authors(Judgement& j, const std::vector<std::string>& authors, const dmarc::Identifiers& identifiers,
                   Answers& answers) {
  bool all = true;
  for (const auto& author : authors) {
    auto verdict = dmarc::check(author, identifiers, answers);
    all = all && verdict.has_value();
    if (verdict) j.all_dmarc.push_back(std::move(*verdict));
  }
  return all;
}

void choose_decisive(Judgement& j) {
  if (j.all_dmarc.empty()) {
    j.dmarc.result = dmarc::Result::permerror;
    j.dmarc.reason = "DMARC cannot be checked without an author's domain";
    return;
  }
  j.dmarc = *std::ranges::max_element(j.all_dmarc, {}, weight);
}

bool is_srs(std::string_view mail_from) {
  if (!equal_icase(mail_from.substr(0, 3), "srs") || mail_from.size() < 5) return false;
  return (mail_from[3] == '0' || mail_from[3] == '1') && std::string_view("=+-").contains(mail_from[4]);
}

// Anybody can seal: a chain tells of a forwarder only where its last sealer is trusted, or an attacker who seals his own forgery
// would turn a reject into a quarantine (attacks.md C13).
bool is_sealed_by_trusted(const arc::Chain& chain, const std::vector<std::string>& trusted) {
  if (chain.result != arc::Result::pass || chain.sets.empty()) return false;
  return std::ranges::any_of(trusted, [&chain](const auto& name) { return equal_icase(name, chain.sets.back().sealer); });
}

void look_for_signs(const mail::Message& message, const Facts& facts, const Rules& rules, Judgement& j) {
  j.forwarded = is_sealed_by_trusted(j.arc, rules.trusted_sealers) || is_srs(facts.mail_from);
  for (const auto& field : message.root().fields) {
    const auto begins = [&field](std::string_view with) { return equal_icase(field.name.substr(0, with.size()), with); };
    if (equal_icase(field.name, "List-Id") || equal_icase(field.name, "List-Post")) j.mailing_list = true;
    if (equal_icase(field.name, "Precedence") && equal_icase(trim(field.value), "list")) j.mailing_list = true;
    // What is being delivered to us has no Delivered-To yet: one that is there is of a delivery before.
    if (begins("Resent-") || begins("X-Forwarded-") || equal_icase(field.name, "Delivered-To")) j.forwarded = true;
  }
}

}  // namespace

std::string_view name_of(Disposition disposition) {
  switch (disposition) {
    case Disposition::none: return "none";
    case Disposition::quarantine: return "quarantine";
    case Disposition::reject: return "reject";
  }
  return "none";
}

std::optional<Judgement> judge(const mail::Message& message, const Facts& facts, const Rules& rules, Answers& answers,
                               Progress& progress) {
  Judgement j;
  j.authors = dmarc::authors_of(message);
  const auto authors = judged_authors(j);
  if (!gather(message, facts, answers, progress)) {
    // The policies' records are needed whatever SPF and DKIM say.
    judge_authors(j, authors, {}, answers);
    return std::nullopt;
  }
  j.spf = *progress.spf;
  j.spf_helo = *progress.spf_helo;
  j.dkim = *progress.dkim;
  j.arc = *progress.arc;
  if (!judge_authors(j, authors, proved(j), answers)) return std::nullopt;
  choose_decisive(j);
  look_for_signs(message, facts, rules, j);
  decide(facts, rules, j);
  return j;
}

std::optional<Judgement> judge(const mail::Message& message, const Facts& facts, const Rules& rules, Answers& answers) {
  Progress progress;
  return judge(message, facts, rules, answers, progress);
}

}  // namespace posthorn::trust
