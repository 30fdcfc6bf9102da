// jmap/quota/methods.h - Quotas (RFC 9425): how much mail an account may keep and keeps. At most one Quota, of octets; none where there is no
// limit. Inside jmap only.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "jmap/core/method.h"

namespace posthorn::jmap {

inline constexpr std::string_view quota_id = "mail";

// Nothing: the account has no limit.
std::optional<boost::json::object> quota_json(const store::AccountInfo& account);
// All that may change of it is in its state, so that changes need no log.
std::string quota_state(const store::AccountInfo& account);

Task<Answer> quota_get(Call& call, boost::json::object arguments);
Task<Answer> quota_changes(Call& call, boost::json::object arguments);
Task<Answer> quota_query(Call& call, boost::json::object arguments);
Task<Answer> quota_query_changes(Call& call, boost::json::object arguments);

std::span<const Method> quota_methods();

}  // namespace posthorn::jmap
