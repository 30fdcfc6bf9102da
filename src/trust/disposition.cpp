// trust/disposition.cpp - see disposition.h. A policy alone never rejects (rfc:9989#7.4): that needs a second sign of forgery.
#include "trust/disposition.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "trust/spf/record.h"

namespace posthorn::trust {
namespace {

std::string list_of(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

bool any_signature_passes(const Judgement& j) {
  return std::ranges::any_of(j.dkim, [](const auto& s) { return s.result == dkim::Result::pass; });
}

bool has_several_authors(const Judgement& j) {
  return j.authors.domains.size() > 1;
}

// What makes a failing message a forgery rather than one that was changed on its way. Empty: nothing.
std::string second_sign(const Judgement& j) {
  if (has_several_authors(j)) return "From names several domains";
  if (!j.authors.problems.empty()) return j.authors.problems.front();
  if (j.spf.result == spf::Result::fail && !j.spf.names_unknown && !any_signature_passes(j) && !j.mailing_list && !j.forwarded)
    return "SPF says that the client may not send for " + printable(j.spf.domain, 255) + ", and no signature is good";
  return {};
}

class Decision {
 public:
  Decision(const Facts& facts, const Rules& rules, Judgement& judgement) : facts_(facts), rules_(rules), j_(judgement) {}

  void run() {
    switch (j_.dmarc.result) {
      case dmarc::Result::fail: decide_fail(); break;
      case dmarc::Result::pass: set(Disposition::none, j_.dmarc.reason); break;
      case dmarc::Result::temperror:
        set(Disposition::none, "could not check DMARC, so its policy is not applied: " + j_.dmarc.reason);
        break;
      case dmarc::Result::permerror: set(Disposition::none, j_.dmarc.reason); break;
      case dmarc::Result::none: set(Disposition::none, j_.dmarc.reason + spf_alone()); break;
    }
    mind_problems();
  }

 private:
  void set(Disposition disposition, std::string reason) {
    j_.disposition = disposition;
    j_.reason = std::move(reason);
  }
  void override_by(std::string type, std::string comment) { j_.overrides.push_back({std::move(type), std::move(comment)}); }

  void decide_fail() {
    const auto& verdict = j_.dmarc;
    if (verdict.policy == dmarc::Policy::none) return set(Disposition::none, verdict.reason);
    if (verdict.applied != verdict.policy)
      override_by("policy_test_mode",
                  "t=y: " + std::string(name_of(verdict.applied)) + " instead of " + std::string(name_of(verdict.policy)));
    if (verdict.applied == dmarc::Policy::none) return set(Disposition::none, verdict.reason);
    if (is_in_networks(facts_.ip, rules_.trusted_forwarders)) {
      override_by("trusted_forwarder", facts_.ip + " is a trusted forwarder");
      return set(Disposition::none, verdict.reason + "; not applied, as " + facts_.ip + " is a trusted forwarder");
    }
    if (const auto seal = has_several_authors(j_) ? "" : trusted_seal(j_.arc, rules_.trusted_sealers, verdict.author);
        !seal.empty()) {
      override_by("local_policy", "arc=pass " + seal);
      return set(Disposition::none, verdict.reason + "; not applied, as a trusted ARC sealer saw it pass (" + seal + ")");
    }
    apply(verdict);
  }

  void apply(const dmarc::Verdict& verdict) {
    const auto sign = second_sign(j_);
    // attacks.md 2C a14: of several author domains one that asks for anything and is not proved is enough.
    if (verdict.applied == dmarc::Policy::quarantine && has_several_authors(j_)) {
      override_by("local_policy", sign);
      return set(Disposition::reject, verdict.reason + "; and " + sign);
    }
    if (verdict.applied == dmarc::Policy::quarantine) return set(Disposition::quarantine, verdict.reason);
    if (!sign.empty()) return set(Disposition::reject, verdict.reason + "; and " + sign);
    if (rules_.reject_on_policy_alone) return set(Disposition::reject, verdict.reason);
    override_by("local_policy", "reject is not applied on the policy alone (RFC 9989 section 7.4)");
    set(Disposition::quarantine, verdict.reason + "; quarantined, as nothing else says that it is forged");
  }

  // A From that programs read differently is never taken for a proved one (rfc:9989#11.5).
  void mind_problems() {
    if (j_.authors.problems.empty() || j_.disposition != Disposition::none) return;
    override_by("local_policy", "the author cannot be told for certain: " + j_.authors.problems.front());
    set(Disposition::quarantine, "the author cannot be told for certain: " + list_of(j_.authors.problems));
  }

  std::string spf_alone() const {
    if (j_.spf.result != spf::Result::fail) return {};
    return "; SPF says that " + printable(facts_.ip, 64) + " may not send for " + printable(j_.spf.domain, 255) +
           ", which alone rejects nothing";
  }

  const Facts& facts_;
  const Rules& rules_;
  Judgement& j_;
};

struct Network {
  std::string address;  // octets; empty: not a network
  unsigned bits = 0;
};

Network network_of(std::string_view text) {
  const auto slash = text.find('/');
  Network network{spf::address_octets(trim(text.substr(0, slash))), 0};
  const auto width = static_cast<unsigned>(network.address.size() * 8);
  network.bits = width;
  if (slash == text.npos) return network;
  Cursor at(trim(text.substr(slash + 1)));
  const auto bits = at.take_number(width);
  if (!bits || !at.done()) return {};
  network.bits = static_cast<unsigned>(*bits);
  return network;
}

bool says_pass(const arc::Set& set, std::string_view author) {
  const auto results = parse_authentication_results(set.authentication_results);
  if (!results) return false;
  return std::ranges::any_of(results->results, [author](const MethodResult& one) {
    if (one.method != "dmarc" || one.result != "pass") return false;
    return std::ranges::any_of(one.properties,
                               [author](const auto& p) { return p.first == "header.from" && equal_icase(p.second, author); });
  });
}

}  // namespace

void decide(const Facts& facts, const Rules& rules, Judgement& judgement) {
  Decision(facts, rules, judgement).run();
}

bool is_in_networks(std::string_view address, const std::vector<std::string>& networks) {
  const auto octets = spf::address_octets(address);
  if (octets.empty()) return false;
  return std::ranges::any_of(networks, [&octets](const std::string& text) {
    const auto network = network_of(text);
    return network.address.size() == octets.size() && spf::in_network(octets, network.address, network.bits);
  });
}

// Behind a sealer who is not trusted nothing older counts, as that sealer could have changed the message (rfc:8617#9.4).
std::string trusted_seal(const arc::Chain& chain, const std::vector<std::string>& trusted_sealers, std::string_view author) {
  if (chain.result != arc::Result::pass) return {};
  for (auto at = chain.sets.size(); at > 0; --at) {
    const auto& set = chain.sets[at - 1];
    if (std::ranges::none_of(trusted_sealers, [&set](const auto& name) { return equal_icase(name, set.sealer); })) return {};
    if (says_pass(set, author)) return "as[" + std::to_string(set.instance) + "].d=" + set.sealer;
  }
  return {};
}

}  // namespace posthorn::trust
