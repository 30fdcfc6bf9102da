// smtp/grammar/xtext.h - xtext of RFC 3461 4: printable ASCII with "+" and two hex digits for the rest. Pure.
// Security: what is decoded may be any byte; callers validate after decoding (attacks.md A8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace posthorn::smtp {

// Nothing if it is not xtext: "+" without two upper-case hex digits, "=", blanks, controls or 8-bit bytes.
std::optional<std::string> decode_xtext(std::string_view text);
std::string encode_xtext(std::string_view bytes);
// RFC 6533 3 utf-8-addr-xtext and -unitext: as xtext, then "\x{HEX}" for characters, or UTF-8 as it is. The result is UTF-8.
std::optional<std::string> decode_utf8_address(std::string_view text);

}  // namespace posthorn::smtp
