// jmap/mail/trust_methods.h - methods of ours beside RFC 8621: leaving mailing lists, and how safely letters get to a domain.
#pragma once

#include "jmap/core/method.h"

namespace posthorn::jmap {

Task<Answer> unsubscribe_get(Call& call, boost::json::object arguments);
Task<Answer> email_unsubscribe(Call& call, boost::json::object arguments);
Task<Answer> delivery_security(Call& call, boost::json::object arguments);

}  // namespace posthorn::jmap
