// mail/entities.h - the character references of HTML (HTML 13.2.5.72-80), for what shows a message's HTML and what reads its text.
// Pure. The names are those of ordinary mail and those that payloads hide behind; an unknown one stays as it is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthorn::mail {

// Takes "&name;", "&#65;" or "&#x41;" (the ";" may be missing) from the front of `text`: the code point as written, perhaps one that is
// none. Nothing: it is no reference, `text` is as it was.
std::optional<std::uint32_t> take_entity(std::string_view& text);

// As UTF-8; what is no code point, or a surrogate, as U+FFFD.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace posthorn::mail
