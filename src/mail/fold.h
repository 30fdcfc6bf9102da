// mail/fold.h - comparing text without case (RFC 9051 6.4.4, RFC 5051's intent): fold both sides, then find. Pure.
// Security: both are linear in the text, whatever the pattern (attacks.md E5).
#pragma once

#include <string>
#include <string_view>

namespace posthorn::mail {

// UTF-8 to Unicode's NFKC_Casefold, so that "Straße" finds "STRASSE" and composed letters find decomposed ones. Bad UTF-8 becomes
// U+FFFD.
std::string folded(std::string_view utf8);

bool contains(std::string_view text, std::string_view part);

}  // namespace posthorn::mail
