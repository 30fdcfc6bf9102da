// jmap/contacts/shape.h - whether a JSContact Card (RFC 9553) is one: the properties that we know have the types that the RFC gives them; what we
// do not know is kept as it came (section 1.7). Pure.
// Security: reads what a logged-in client sends, already bounded as JSON (core/json_strict.h); a worklist instead of recursion.
#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <string_view>

#include "jmap/core/method.h"

namespace posthorn::jmap {

// invalidProperties with where and why. JMAP's own properties (RFC 9610 section 3) are not looked at.
std::expected<void, SetError> check_card(const boost::json::object& card);

// RFC 8620 section 1.2.
bool is_id(std::string_view text);

}  // namespace posthorn::jmap
