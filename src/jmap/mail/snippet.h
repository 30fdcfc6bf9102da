// jmap/mail/snippet.h - the place of a text where search words stand, marked, as HTML (RFC 8621 5). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn::jmap {

// `words` are folded. Nothing: none of them is there. `most`: octets of the result (0: the whole text); cut at characters, never
// inside an entity or a mark.
std::optional<std::string> snippet(std::string_view text, const std::vector<std::string>& words, std::size_t most);

}  // namespace posthorn::jmap
