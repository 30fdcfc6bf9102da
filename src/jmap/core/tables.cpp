#include "jmap/core/tables.h"

#include <algorithm>
#include <array>

#include "jmap/blob/methods.h"
#include "jmap/contacts/methods.h"
#include "jmap/mail/methods.h"
#include "jmap/mdn/methods.h"
#include "jmap/push/methods.h"
#include "jmap/quota/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

json::object nothing(const Services&) { return {}; }

// rfc:8887#3.1; the URL hangs on the host that the Session was asked by, so who tells it adds it.
json::object websocket_capability(const Services&) { return {{"supportsPush", true}}; }

json::object core_limits(const Services& services) {
  const auto& limits = services.limits;
  return {{"maxSizeUpload", limits.upload}, {"maxConcurrentUpload", limits.concurrent_upload}, {"maxSizeRequest", limits.request},
          {"maxConcurrentRequests", limits.concurrent_requests}, {"maxCallsInRequest", limits.calls}, {"maxObjectsInGet", limits.objects_in_get},
          {"maxObjectsInSet", limits.objects_in_set}, {"collationAlgorithms", json::array{"i;ascii-casemap", "i;unicode-casemap"}}};
}

json::object journey_capability(const Services& services) { return {{"countries", services.countries}}; }

// In the order the Session tells them. A capability stands here only when all its methods do.
constexpr std::array all_capabilities = {
    Capability{"urn:ietf:params:jmap:core", core_limits, nothing},
    Capability{"urn:ietf:params:jmap:mail", nothing, mail_capability},
    Capability{"urn:ietf:params:jmap:submission", nothing, submission_capability},
    Capability{"urn:ietf:params:jmap:vacationresponse", nothing, nothing},
    Capability{"urn:ietf:params:jmap:mdn", nothing, nothing},
    Capability{"urn:ietf:params:jmap:contacts", nothing, contacts_capability},
    Capability{"urn:ietf:params:jmap:blob", nothing, blob_limits},
    Capability{"urn:ietf:params:jmap:quota", nothing, nothing},
    Capability{"urn:ietf:params:jmap:websocket", websocket_capability, nullptr},
    Capability{"urn:ietf:params:jmap:webpush-vapid", vapid_capability, nullptr},
    Capability{"urn:posthorn:journey", nothing, journey_capability},
    Capability{"urn:posthorn:snooze", nothing, nothing},
    Capability{"urn:posthorn:unsubscribe", nothing, nothing},
};

}  // namespace

std::span<const std::span<const Method>> tables() {
  static const std::array all = {core_methods(), mail_methods(), mdn_methods(), contacts_methods(), blob_methods(), quota_methods(), push_methods()};
  return all;
}

std::span<const Capability> capabilities() { return all_capabilities; }
bool is_capability(std::string_view name) { return std::ranges::find(all_capabilities, name, &Capability::name) != all_capabilities.end(); }

}  // namespace posthorn::jmap
