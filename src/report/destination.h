// report/destination.h - where a domain's reports may go: its rua= (or ruf=) addresses, those at other organisations only if these
// agree (RFC 9990 4). Pure; the DNS answers come as trust::Answers, asked again until nothing is missing.
// Security: a stranger's record must not make us mail anybody it likes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/answers.h"

namespace posthorn::report {

struct Destinations {
  std::vector<std::string> addresses;  // each once
  std::vector<std::string> refused;    // "x@y: why", for people
  bool again = false;                  // the DNS failed for one: try later
};
inline constexpr std::size_t most_destinations = 5;

// `tag`: "rua" or "ruf". Nothing: ask answers.take_missing() and call again.
std::optional<Destinations> destinations_of(std::string_view domain, const std::vector<std::string>& uris, std::string_view tag, trust::Answers& answers);
// The address of a mailto: URI (RFC 6068): percent-decoded, without a size suffix; nothing if it is none.
std::optional<std::string> address_in(std::string_view uri);

}  // namespace posthorn::report
