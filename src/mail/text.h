// mail/text.h - encoded words, charsets, transfer encodings and dates. Pure, linear, bounded (attacks.md D6, D8, D9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/message.h"

namespace posthorn::mail {

// RFC 2047: raw header text to UTF-8. C0, C1, LS, PS become U+FFFD (attacks.md C16). At most limits.encoded_words.
std::string decode_words(std::string_view text, std::size_t limit = 4'096);
// UTF-8 to encoded words (RFC 2047, Q or B by size), each at most 75 long and parted by one space, so that header_field()
// can fold between them; unchanged if printable ASCII that no reader would take for an encoded word.
std::string encode_words(std::string_view utf8);

struct Decoded { std::string bytes; bool clean = true; };
Decoded decode_base64(std::string_view text);            // lenient: junk skipped, clean = false
Decoded decode_quoted_printable(std::string_view text);  // lenient
std::string encode_quoted_printable(std::string_view bytes);
// Whether the decoders would find nothing to forgive; no allocation.
bool is_clean_base64(std::string_view text);
bool is_clean_quoted_printable(std::string_view text);

// To UTF-8 from an allow-list of charsets; nullopt if the charset is not known (then use "windows-1252").
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);
bool known_charset(std::string_view charset);
// To UTF-8 whatever it is: by its charset if known, else as UTF-8 if it is that, else as windows-1252 (attacks.md D8).
std::string to_utf8_or_guess(std::string_view bytes, std::string_view charset);

// HTML to plain text for previews and search: iterative, bounded depth (attacks.md D10).
std::string html_to_text(std::string_view html, std::size_t limit);

struct Date { std::int64_t seconds = 0; std::int32_t zone_minutes = 0; bool operator==(const Date&) const = default; };
std::optional<Date> parse_date(std::string_view value);   // RFC 5322 3.3 with 4.3's obsolete forms
std::string format_date(Date date);                       // "Mon, 23 Nov 2026 17:05:04 +0000"

}  // namespace posthorn::mail
