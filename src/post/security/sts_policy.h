// post/security/sts_policy.h - MTA-STS policies (RFC 8461): the TXT record that announces one, the policy's text, which hosts it names.
// Pure. Used by sts_policies (fetching, keeping) and tls_policy (applying).
// Security: both come from the network; a policy's text is bounded by its fetcher, the number of its hosts here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::post {

enum class StsMode : std::uint8_t { none, testing, enforce };
std::string_view name_of(StsMode mode);

struct StsPolicy {
  StsMode mode = StsMode::none;
  std::vector<std::string> hosts;  // lower case; "*.example.org" stands for one label more
  std::chrono::seconds max_age{};
  bool operator==(const StsPolicy&) const = default;
};

// The id of the one record that begins with "v=STSv1;" (rfc:8461#3.1). Nothing: there is none, or more than one.
std::optional<std::string> sts_id(const std::vector<std::string>& texts);
// The text of /.well-known/mta-sts.txt (rfc:8461#3.2).
Result<StsPolicy> parse_sts_policy(std::string_view text);
// rfc:8461#4.1
bool sts_names(const StsPolicy& policy, std::string_view host);

}  // namespace posthorn::post
