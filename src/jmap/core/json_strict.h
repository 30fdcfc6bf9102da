// jmap/core/json_strict.h - JSON as JMAP takes it: I-JSON (RFC 7493, RFC 8620 section 1.5). Pure.
// Security: reads what a logged-in client sends: depth 64, 100,000 values, no duplicate keys, valid UTF-8, numbers as doubles or 64-bit
// integers (attacks.md F10). Linear.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "base/result.h"

namespace posthorn::jmap {

// Errc::invalid with what is wrong and where.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace posthorn::jmap
