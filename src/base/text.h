// base/text.h - small pure helpers on ASCII text, base64, hex and UTF-8 that more than one folder needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthorn {

std::string to_lower(std::string_view text);  // ASCII only
std::string to_upper(std::string_view text);  // ASCII only
bool equal_icase(std::string_view a, std::string_view b);
bool contains_icase(std::string_view text, std::string_view part);
std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF
std::vector<std::string_view> split(std::string_view text, char separator);

std::string base64_encode(std::string_view bytes);
// Strict RFC 4648 section 4: padding required, no white space, no stray bits.
std::optional<std::string> base64_decode(std::string_view text);
// As base64_decode(), with white space anywhere and the padding whole or left out: values of header fields.
std::optional<std::string> base64_decode_folded(std::string_view text);
// RFC 4648 section 5, without padding; reading takes it with or without.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);
std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view text);

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view bytes);
bool is_ascii(std::string_view bytes);

// For logs: C0, C1, DEL and bytes that are not UTF-8 become \xNN; cut to `limit` bytes (attacks.md F20).
std::string printable(std::string_view bytes, std::size_t limit = 1024);

}  // namespace posthorn
