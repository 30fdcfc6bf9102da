#include "jmap/core/tables.h"

#include <algorithm>
#include <array>

#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

json::object nothing(const Services&) { return {}; }

json::object core_limits(const Services& services) {
  const auto& limits = services.limits;
  return {{"maxSizeUpload", limits.upload}, {"maxConcurrentUpload", limits.concurrent_upload}, {"maxSizeRequest", limits.request},
          {"maxConcurrentRequests", limits.concurrent_requests}, {"maxCallsInRequest", limits.calls}, {"maxObjectsInGet", limits.objects_in_get},
          {"maxObjectsInSet", limits.objects_in_set}, {"collationAlgorithms", json::array{"i;ascii-casemap", "i;unicode-casemap"}}};
}

// In the order the Session tells them. A capability stands here only when all its methods do.
constexpr std::array all_capabilities = {
    Capability{"urn:ietf:params:jmap:core", core_limits, nothing},
    Capability{"urn:ietf:params:jmap:mail", nothing, mail_capability},
    Capability{"urn:ietf:params:jmap:submission", nothing, submission_capability},
    Capability{"urn:posthorn:journey", nothing, nothing},
};

}  // namespace

std::span<const std::span<const Method>> tables() {
  static const std::array all = {core_methods(), mail_methods()};
  return all;
}

std::span<const Capability> capabilities() { return all_capabilities; }
bool is_capability(std::string_view name) { return std::ranges::find(all_capabilities, name, &Capability::name) != all_capabilities.end(); }

}  // namespace posthorn::jmap
