// base/percent.h - "%40" undone (RFC 3986 2.1), in paths, queries and mailto: URIs. Nothing: a "%" without its two digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthorn {

std::optional<std::string> percent_decode(std::string_view text);

}  // namespace posthorn
