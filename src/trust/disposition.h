// trust/disposition.h - what to do with a message whose verdicts are known (RFC 9989 5.3, 7.4): the policy, the administrator's
// rules, and the signs beside it. Internal to src/trust. Pure.
#pragma once

#include "trust/judgement.h"

namespace posthorn::trust {

// Sets disposition, overrides and reason of a judgement in which all else stands.
void decide(const Facts& facts, const Rules& rules, Judgement& judgement);

// "as[2].d=list.example" of the newest sets by trusted sealers the first that says dmarc=pass for this author; empty: none.
std::string trusted_seal(const arc::Chain& chain, const std::vector<std::string>& trusted_sealers, std::string_view author);

}  // namespace posthorn::trust
