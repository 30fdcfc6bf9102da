// jmap/push/methods.h - PushSubscription/get and /set (RFC 8620 sections 7.2.1, 7.2.2). They belong to the user, not to an account: neither
// takes an accountId, and nobody sees another's. Inside jmap only.
// Security: a client names a URL that we will POST to: http/fetch.h says where we go (attacks.md F4); nothing but a verification code goes
// there before the client proved that it received it.
#pragma once

#include <boost/json/object.hpp>

#include "jmap/core/method.h"

namespace posthorn::jmap {

Task<Answer> push_get(Call& call, boost::json::object arguments);
Task<Answer> push_set(Call& call, boost::json::object arguments);

std::span<const Method> push_methods();
// RFC 9749: the key by which push services know us.
boost::json::object vapid_capability(const Services& services);

}  // namespace posthorn::jmap
