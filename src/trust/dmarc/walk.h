// trust/dmarc/walk.h - the DNS tree walk and what is concluded from it (RFC 9989 4.10). Internal to src/trust/dmarc. Pure.
// Security: at most 8 queries a walk, whatever the name (attacks.md C10).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/dmarc/dmarc.h"

namespace posthorn::trust::dmarc {

struct Walk {
  std::vector<Walked> found;  // longest name first
  std::vector<std::string> queried;
  bool failed = false;  // a query failed: nothing may be concluded
  std::string why;      // of failed
};
std::optional<Walk> walk(std::string_view start, Answers& answers);
std::string organizational_domain_of(const Walk& walk, std::string_view start);

// As discover(), but of an author with a record of its own the walk is spared: organizational_domain stays empty.
std::optional<Discovery> find_policy(std::string_view author, Answers& answers);

bool is_at_or_below(std::string_view name, std::string_view top);

}  // namespace posthorn::trust::dmarc
