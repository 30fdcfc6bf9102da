// MTA-STS policies and records (RFC 8461): no text breaks the parser, what it takes is within its limits, and no host is named that ends
// otherwise than one of the policy's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "post/security/sts_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  const std::string text(data, data + size);
  if (const auto policy = post::parse_sts_policy(text)) {
    if (policy->hosts.size() > 1000 || policy->max_age.count() > 31'557'600) std::abort();
    for (const auto& host : policy->hosts) {
      const auto name = host.starts_with("*.") ? "a" + host.substr(1) : host;
      if (!name.ends_with('.') && !post::sts_names(*policy, name)) std::abort();
      if (post::sts_names(*policy, name + "x") && policy->hosts.size() == 1) std::abort();
    }
  }
  if (const auto id = post::sts_id({text}); id && (id->empty() || id->size() > 32)) std::abort();
  return 0;
}
