// trust/results_of.cpp - a judgement as the Authentication-Results that we write (RFC 8601 2.7, RFC 8617 10.1).
#include <algorithm>

#include "base/text.h"
#include "trust/judgement.h"

namespace posthorn::trust {
namespace {

constexpr std::size_t most_signatures = 16;  // shown

std::string text(std::string_view view) {
  return std::string(view);
}

// rfc:8601#2.7.2; of a null reverse-path the postmaster that was checked is shown.
MethodResult spf_result(const spf::Verdict& verdict, const Facts& facts) {
  MethodResult out{"spf", text(name_of(verdict.result)), verdict.reason, {}, ""};
  if (verdict.identity == spf::Identity::helo)
    out.properties.emplace_back("smtp.helo", facts.helo);
  else
    out.properties.emplace_back("smtp.mailfrom", facts.mail_from.empty() ? verdict.sender : facts.mail_from);
  return out;
}

// rfc:8601#2.7.1; header.b tells signatures of one domain apart.
MethodResult dkim_result(const dkim::Signature& signature) {
  MethodResult out{
      "dkim", text(name_of(signature.result)), signature.result == dkim::Result::pass ? "" : signature.reason, {}, ""};
  if (!signature.domain.empty()) out.properties.emplace_back("header.d", signature.domain);
  if (!signature.selector.empty()) out.properties.emplace_back("header.s", signature.selector);
  if (!signature.signature.empty()) out.properties.emplace_back("header.b", base64_encode(signature.signature).substr(0, 8));
  if (!signature.identity.empty()) out.properties.emplace_back("header.i", signature.identity);
  return out;
}

// Those that say something, wherever they stand in a flood (dkim::Limits bounds them), then as many as there is room for of those that
// are permerrors; in their order.
std::vector<const dkim::Signature*> shown(const std::vector<dkim::Signature>& all) {
  const auto says_something = [](const auto& one) { return one.result != dkim::Result::permerror; };
  auto room = most_signatures;
  auto room_for_others = room - std::min(room, static_cast<std::size_t>(std::ranges::count_if(all, says_something)));
  std::vector<const dkim::Signature*> out;
  for (const auto& one : all) {
    auto& left = says_something(one) ? room : room_for_others;
    if (left == 0 || out.size() == most_signatures) continue;
    --left;
    out.push_back(&one);
  }
  return out;
}

MethodResult arc_result(const arc::Chain& chain) {
  MethodResult out{"arc", text(name_of(chain.result)), chain.result == arc::Result::pass ? "" : chain.reason, {}, ""};
  if (chain.result != arc::Result::pass) return out;
  out.properties.emplace_back("header.oldest-pass", std::to_string(chain.oldest_pass));
  if (!chain.sets.empty()) out.comment = "as[" + std::to_string(chain.sets.back().instance) + "].d=" + chain.sets.back().sealer;
  return out;
}

// policy.dmarc is what is really done, overrides included.
MethodResult dmarc_result(const Judgement& j) {
  MethodResult out{"dmarc", text(name_of(j.dmarc.result)), j.dmarc.reason, {}, ""};
  const auto authors = j.authors.domains.size();
  if (authors != 1) {
    // rfc:9989#5.3.1: there is no one author to speak of, so neither a pass nor a fail.
    out.result = "permerror";
    out.reason = std::to_string(authors) + " author domains";
  } else {
    out.properties.emplace_back("header.from", j.authors.domains.front());
  }
  out.properties.emplace_back("policy.dmarc", text(name_of(j.disposition)));
  return out;
}

}  // namespace

AuthenticationResults results_of(const Judgement& judgement, const Facts& facts) {
  AuthenticationResults out{facts.receiver, {}};
  if (!facts.ip.empty()) {
    out.results.push_back(spf_result(judgement.spf, facts));
    out.results.push_back(spf_result(judgement.spf_helo, facts));
  }
  for (const auto* signature : shown(judgement.dkim)) out.results.push_back(dkim_result(*signature));
  if (judgement.dkim.empty()) out.results.push_back({"dkim", "none", "", {}, ""});
  if (judgement.arc.result != arc::Result::none) out.results.push_back(arc_result(judgement.arc));
  out.results.push_back(dmarc_result(judgement));
  return out;
}

}  // namespace posthorn::trust
