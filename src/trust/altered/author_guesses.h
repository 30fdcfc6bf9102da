// trust/altered/author_guesses.h - Internal to src/trust/altered. Pure, bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trust/dkim/check.h"

namespace posthorn::trust::altered {

// Values that From may have had before a list wrote its own address there ("Alice via List"), from X-Original-From, Reply-To, Cc
// and the like; the likeliest first. Empty: From does not look rewritten. `domain`: d= of the signature.
std::vector<std::string> author_guesses(const dkim::SignedMessage& message, std::string_view domain);

}  // namespace posthorn::trust::altered
