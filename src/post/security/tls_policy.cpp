#include "post/security/tls_policy.h"

#include <algorithm>

namespace posthorn::post {
namespace {

// rfc:7672#3.1 usages 2 and 3 count; rfc:6698#2.1 the selectors and matchings that are known, with data of their length.
bool usable(const dns::Tlsa& one) {
  if ((one.usage != 2 && one.usage != 3) || one.selector > 1) return false;
  switch (one.matching) {
    case 0: return !one.data.empty();
    case 1: return one.data.size() == 32;
    case 2: return one.data.size() == 64;
    default: return false;
  }
}

std::string tlsa_name(const Options& options, const std::string& host) { return "_" + std::to_string(options.port) + "._tcp." + host; }

}  // namespace

std::optional<TlsPolicy> choose_dane(const dns::Answer& answer, const std::string& base, const std::string& domain, const Hop& hop) {
  TlsPolicy policy;
  policy.because = "DANE";
  policy.server_name = base;
  // rfc:7672#2.1.2 an answer that is forged or does not come is no answer: the host is left alone, or an attacker could switch DANE off.
  if (answer.security == dns::Security::bogus || answer.outcome == dns::Outcome::failed) {
    policy.refused = "its TLSA records could not be looked up" + (answer.why.empty() ? std::string() : ": " + answer.why);
    return policy;
  }
  if (answer.security != dns::Security::secure || answer.outcome != dns::Outcome::found) return std::nullopt;
  for (const auto& record : answer.records)
    if (const auto* one = std::get_if<dns::Tlsa>(&record); one != nullptr && usable(*one))
      policy.tlsa.push_back(TlsaRecord{one->usage, one->selector, one->matching, one->data});
  if (policy.tlsa.empty()) {
    // rfc:7672#2.2 records of which none is usable: TLS there must be, whose it is cannot be told.
    policy.because = "DANE without usable records";
    policy.need = smtp::TlsNeed::required;
    return policy;
  }
  policy.need = smtp::TlsNeed::verified;
  // rfc:7672#3.2.2 names that a certificate under a trust anchor of usage 2 may carry.
  policy.also_named = {domain};
  if (hop.host != base) policy.also_named.push_back(hop.host);
  return policy;
}

TlsPolicy choose_sts(const std::optional<StsPolicy>& sts, const Hop& hop) {
  TlsPolicy policy;
  policy.server_name = hop.host;
  if (!sts || sts->mode != StsMode::enforce) return policy;
  policy.because = "MTA-STS enforce";
  policy.need = smtp::TlsNeed::verified;
  if (!sts_names(*sts, hop.host)) policy.refused = "the domain's MTA-STS policy does not name it";
  return policy;
}

Task<TlsPolicy> find_tls_policy(dns::Resolver& resolver, const Options& options, const std::optional<StsPolicy>& sts, std::string domain, Hop hop) {
  // rfc:7672#2.2.1, 2.2.2 without a secure way to the host's name and addresses nothing is known of it for sure, and TLSA is not asked for.
  if (options.dane && hop.secure) {
    std::vector<std::string> bases{hop.canonical};
    if (hop.host != hop.canonical) bases.push_back(hop.host);
    for (const auto& base : bases) {
      const auto answer = co_await resolver.resolve(tlsa_name(options, base), dns::Type::tlsa);
      if (auto dane = choose_dane(answer, base, domain, hop)) co_return std::move(*dane);
    }
  }
  co_return choose_sts(sts, hop);
}

}  // namespace posthorn::post
