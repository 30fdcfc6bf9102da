// jmap/contacts/deep_patch.h - a PatchObject (RFC 8620 section 5.3) on an object with others in it: "emails/e/address". Pure.
// Security: pointers come from clients: at most 16 steps each, no recursion.
#pragma once

#include <boost/json/object.hpp>
#include <expected>

#include "jmap/core/method.h"

namespace posthorn::jmap {

// invalidPatch: a pointer leads through what is not there or is no object, or is the beginning of another. null takes a property away.
// `object` may be half changed when it fails.
std::expected<void, SetError> apply_deep_patch(boost::json::object& object, const boost::json::object& patch);

}  // namespace posthorn::jmap
