// jmap/mail/snippet.h - the place of a text where search words stand, marked, as HTML (RFC 8621 5). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/words.h"

namespace posthorn::jmap {

// Nothing: none of the phrases is there. `most`: octets of the result (0: the whole text); cut at characters, never
// inside an entity or a mark.
std::optional<std::string> snippet(std::string_view text, const std::vector<mail::Phrase>& phrases, std::size_t most);

}  // namespace posthorn::jmap
