// jmap/core/reference.h - result references (RFC 8620 section 3.7): an argument "#x" stands for a part of an earlier answer. Pure.
// Security: paths come from clients: at most 32 steps, each answer's items counted against one budget for the whole request, no recursion
// (attacks.md F9).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::jmap {

struct Answered {
  std::string name, tag;
  boost::json::object answer;
};

// The value at a JSON pointer (RFC 6901) in which "*" stands for each item of an array. `items` is what may still be copied.
Result<boost::json::value> follow_path(const boost::json::value& root, std::string_view path, std::uint64_t& items);

// Puts the values of all "#name" arguments in their places. Errc::invalid: the same argument twice (invalidArguments); Errc::not_found:
// a reference leads nowhere (invalidResultReference).
Status resolve_references(boost::json::object& arguments, const std::vector<Answered>& before, std::uint64_t& items);

}  // namespace posthorn::jmap
