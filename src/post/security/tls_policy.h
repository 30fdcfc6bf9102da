// post/security/tls_policy.h - what TLS the way to one host of a destination must have: DANE (RFC 7672) where its zone is signed and has
// TLSA records, else the domain's MTA-STS policy (RFC 8461), else opportunistic (RFC 7435). DANE wins (rfc:8461#2).
// A coroutine over the Resolver door; choose_* are pure. Fails towards not sending: what cannot be told is no permission (attacks.md B3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dns/resolver.h"
#include "post/options.h"
#include "post/route.h"
#include "post/security/sts_policy.h"
#include "smtp/client.h"

namespace posthorn::post {

struct TlsPolicy {
  smtp::TlsNeed need = smtp::TlsNeed::opportunistic;
  std::string server_name;              // for SNI and the name check
  std::vector<std::string> also_named;  // other names that its certificate may carry
  std::vector<TlsaRecord> tlsa;
  std::string because;                  // "DANE", "MTA-STS enforce", for people; empty: opportunistic
  std::string refused;                  // why this host must not be used now; empty: it may be
};

Task<TlsPolicy> find_tls_policy(dns::Resolver& resolver, const Options& options, const std::optional<StsPolicy>& sts, std::string domain, Hop hop);

// What TLSA answers mean (rfc:7672#2.1, 2.2). Nothing: no DANE for this host.
std::optional<TlsPolicy> choose_dane(const dns::Answer& answer, const std::string& base, const std::string& domain, const Hop& hop);
TlsPolicy choose_sts(const std::optional<StsPolicy>& sts, const Hop& hop);

}  // namespace posthorn::post
