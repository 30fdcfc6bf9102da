// smtp/grammar/capabilities.h - what a server offers in its reply to EHLO (RFC 5321 4.1.1.1). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/types.h"

namespace posthorn::smtp {

struct Capabilities {
  std::map<std::string, std::string> keywords;  // upper case; parameters as sent

  bool has(std::string_view keyword) const;
  // Whether the keyword is there with this word among its parameters: AUTH PLAIN.
  bool has(std::string_view keyword, std::string_view word) const;
  std::uint64_t size() const;                              // SIZE's limit; 0: none told
  std::optional<std::uint64_t> limit(std::string_view name) const;  // LIMITS of RFC 9422, such as RCPTMAX
};
// The first line is the server's name and greeting. Lines that are not by the grammar are skipped.
Capabilities parse_capabilities(const Reply& ehlo);

}  // namespace posthorn::smtp
