// post/security/kept_sts.h - an MTA-STS policy as the store keeps it until its max_age ends (RFC 8461 3.2). Written by StsPolicies; also read by who only
// wants to know what is in force, without asking anybody.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "post/security/sts_policy.h"
#include "store/store.h"

namespace posthorn::post {

struct KeptSts {
  StsPolicy policy;
  std::string id;
  WallTime fetched{};
};
std::string kept_sts_key(const std::string& domain);
std::string encode(const KeptSts& row);
// Nothing: there is none that is in force, or one that cannot be read, which is fetched anew.
std::optional<KeptSts> kept_sts(const store::Store& store, const std::string& domain, WallTime now);

}  // namespace posthorn::post
