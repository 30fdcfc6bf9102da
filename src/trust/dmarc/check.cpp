// trust/dmarc/check.cpp - does an authenticated domain align with the author's, and what does the policy ask (RFC 9989 4.4, 4.7).
#include <algorithm>

#include "trust/dmarc/dmarc.h"
#include "trust/dmarc/walk.h"

namespace posthorn::trust::dmarc {
namespace {

enum class Aligned : std::uint8_t { no, yes, unknown, pending };  // unknown: a query failed; pending: one is missing

// Aligns domains with one author; the author's organizational domain is looked for only if a comparison needs it.
class Aligner {
 public:
  Aligner(std::string_view author, const Discovery& policy, Answers& answers)
      : author_(author), organization_(policy.organizational_domain), queried_(policy.queried), answers_(answers) {}

  Aligned align(std::string_view domain, Alignment mode) {
    if (domain == author_) return Aligned::yes;
    if (mode == Alignment::strict) return Aligned::no;
    if (const auto state = find_organization(); state != Aligned::yes) return state;
    // An organizational domain is at or above its name: what is elsewhere needs no query.
    if (!is_at_or_below(domain, organization_)) return Aligned::no;
    const auto other = organizational_domain(domain, answers_);
    if (!other) return Aligned::pending;
    remember(other->queried);
    if (other->trouble != Result::none) return trouble(other->why);
    return other->organizational_domain == organization_ ? Aligned::yes : Aligned::no;
  }

  const std::string& organization() const { return organization_; }
  std::vector<std::string> queried() const { return queried_; }
  const std::string& why_unknown() const { return why_unknown_; }

 private:
  Aligned find_organization() {
    if (!organization_.empty()) return Aligned::yes;
    const auto own = organizational_domain(author_, answers_);
    if (!own) return Aligned::pending;
    remember(own->queried);
    if (own->trouble != Result::none) return trouble(own->why);
    organization_ = own->organizational_domain;
    return Aligned::yes;
  }
  Aligned trouble(const std::string& why) {
    why_unknown_ = why;
    return Aligned::unknown;
  }
  void remember(const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (std::ranges::find(queried_, name) == queried_.end()) queried_.push_back(name);
  }

  std::string author_;
  std::string organization_;
  std::vector<std::string> queried_;
  Answers& answers_;
  std::string why_unknown_;
};

enum class Existence : std::uint8_t { exists, missing, unknown, pending };

// rfc:9989#4.7 np: NXDOMAIN for the name itself; what is there otherwise does not matter.
Existence existence_of(const std::string& author, Answers& answers) {
  const auto* answer = answers.find(author, dns::Type::a);
  if (answer == nullptr) return Existence::pending;
  if (answer->outcome == dns::Outcome::failed) return Existence::unknown;
  return answer->outcome == dns::Outcome::no_such_name ? Existence::missing : Existence::exists;
}

// Which tag speaks for this author (rfc:9989#4.7), and what it says.
struct Asked {
  Policy policy = Policy::none;
  std::string tag = "p";
  Existence existence = Existence::exists;
};
Asked asked_for(const std::string& author, const Walked& found, Answers& answers) {
  const auto& record = found.record;
  const auto p = record.p.value_or(Policy::none);
  if (found.domain == author) return {p};
  const Asked existing{record.sp.value_or(p), record.sp ? "sp" : "p"};
  if (!record.np) return existing;
  auto asked = existing;
  asked.existence = existence_of(author, answers);
  if (asked.existence == Existence::missing) {
    asked.policy = *record.np;
    asked.tag = "np";
  }
  return asked;
}

Policy weaker(Policy policy) {
  return policy == Policy::reject ? Policy::quarantine : Policy::none;
}

class Check {
 public:
  Check(std::string_view author, const Identifiers& identifiers, Answers& answers)
      : author_(author), identifiers_(identifiers), answers_(answers) {}

  std::optional<Verdict> run() {
    verdict_.author = author_;
    const auto policy = find_policy(author_, answers_);
    if (!policy) return std::nullopt;
    verdict_.queried = policy->queried;
    verdict_.organizational_domain = policy->organizational_domain;
    if (policy->trouble != Result::none) return end(Result::temperror, policy->why);
    if (!policy->found) return end(Result::none, policy->why);
    take_record(*policy->found);
    if (!policy->found->record.usable)
      return end(Result::permerror, "the DMARC record of " + policy->found->domain + " cannot be used: " + faults());
    return judge(*policy);
  }

 private:
  std::optional<Verdict> end(Result result, std::string reason) {
    verdict_.result = result;
    verdict_.reason = std::move(reason);
    return std::move(verdict_);
  }
  std::string faults() const { return verdict_.parsed->errors.empty() ? "no policy" : verdict_.parsed->errors.back(); }

  void take_record(const Walked& found) {
    verdict_.record_domain = found.domain;
    verdict_.record = found.record.text;
    verdict_.parsed = found.record;
  }

  std::optional<Verdict> judge(const Discovery& policy) {
    const auto asked = asked_for(author_, *policy.found, answers_);
    Aligner aligner(author_, policy, answers_);
    const auto spf = align_spf(aligner, identifiers_.spf);
    const auto dkim = align_dkim(aligner, identifiers_.dkim, &verdict_.aligned_dkim_domain);
    if (spf == Aligned::pending || dkim == Aligned::pending || asked.existence == Existence::pending) return std::nullopt;
    verdict_.spf_aligned = spf == Aligned::yes;
    verdict_.dkim_aligned = dkim == Aligned::yes;
    const bool pass = verdict_.spf_aligned || verdict_.dkim_aligned;
    bool open = spf == Aligned::unknown || dkim == Aligned::unknown;
    if (!pass && !open) {
      // What could not be checked counts only where it would have made a pass.
      const auto spf_open = align_spf(aligner, identifiers_.spf_unknown);
      const auto dkim_open = align_dkim(aligner, identifiers_.dkim_unknown, nullptr);
      if (spf_open == Aligned::pending || dkim_open == Aligned::pending) return std::nullopt;
      open = spf_open != Aligned::no || dkim_open != Aligned::no;
    }
    verdict_.queried = aligner.queried();
    verdict_.organizational_domain = aligner.organization();
    verdict_.policy = asked.policy;
    verdict_.tag = asked.tag;
    // rfc:9989#5.3: an aligned domain is enough, whatever else could not be looked up.
    if (pass) return end(Result::pass, pass_reason());
    if (open) {
      const auto& why = aligner.why_unknown();
      return end(Result::temperror, why.empty() ? "SPF or DKIM of a domain that could align could not be checked" : why);
    }
    if (asked.existence == Existence::unknown)
      return end(Result::temperror, "it could not be found out whether " + author_ + " exists, and the policy depends on it");
    verdict_.applied = verdict_.parsed->testing ? weaker(asked.policy) : asked.policy;
    return end(Result::fail, fail_reason());
  }

  Aligned align_spf(Aligner& aligner, const std::optional<std::string>& domain) {
    return domain ? aligner.align(*domain, verdict_.parsed->aspf) : Aligned::no;
  }

  // The best of all, each asked, so that what they miss is noted at once.
  Aligned align_dkim(Aligner& aligner, const std::vector<std::string>& domains, std::string* which) {
    Aligned best = Aligned::no;
    std::size_t left = limits_.identifiers;
    for (const auto& domain : domains) {
      if (left-- == 0) break;
      const auto state = aligner.align(domain, verdict_.parsed->adkim);
      if (state == Aligned::yes && best != Aligned::yes && which != nullptr) *which = domain;
      if (state == Aligned::yes || best == Aligned::no) best = state;
      if (state == Aligned::pending && best == Aligned::unknown) best = state;
    }
    return best;
  }

  std::string pass_reason() const {
    std::string how = verdict_.dkim_aligned ? "the DKIM signature of " + verdict_.aligned_dkim_domain : std::string();
    if (verdict_.spf_aligned) how += (how.empty() ? "" : " and ") + std::string("SPF for ") + *identifiers_.spf;
    return how + (verdict_.dkim_aligned && verdict_.spf_aligned ? " prove " : " proves ") + author_;
  }
  std::string fail_reason() const {
    return "neither SPF nor DKIM proves " + author_ + "; " + verdict_.tag + "= of " + verdict_.record_domain + " asks for " +
           std::string(name_of(verdict_.policy)) + (verdict_.parsed->testing ? ", in test mode" : "");
  }

  std::string author_;
  const Identifiers& identifiers_;
  Answers& answers_;
  Limits limits_;
  Verdict verdict_;
};

}  // namespace

std::optional<Verdict> check(std::string_view author_domain, const Identifiers& identifiers, Answers& answers) {
  return Check(author_domain, identifiers, answers).run();
}

}  // namespace posthorn::trust::dmarc
