// imap/grammar/quote.h - writing strings into responses: atom, quoted or literal, whichever may carry the text. Pure.
// Called by everything that answers. Security: no text, whoever wrote it, can end a line or a string early.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/grammar/mailbox_name.h"

namespace posthorn::imap {

// Whether UTF-8 may stand between quotes: after ENABLE IMAP4rev2 or UTF8=ACCEPT (RFC 6855 3, RFC 9051 4.3).
enum class QuotedText : std::uint8_t { ascii, utf8 };

// quoted if it may, else a literal. NUL, which neither may hold, becomes 0x80, so that lengths stay (RFC 9051 section 9, CHAR8).
void append_string(std::string& out, std::string_view text, QuotedText allowed = QuotedText::ascii);
void append_nstring(std::string& out, const std::optional<std::string>& text, QuotedText allowed = QuotedText::ascii);
// An atom if it is one (and not NIL), else as append_string().
void append_astring(std::string& out, std::string_view text, QuotedText allowed = QuotedText::ascii);
// "{n}\r\n" and the octets, NUL as above.
void append_literal(std::string& out, std::string_view octets);
// "~{n}\r\n" if there is NUL among the octets, else as append_literal() (RFC 3516 4.3).
void append_literal8(std::string& out, std::string_view octets);
// The store's name of a mailbox.
void append_mailbox(std::string& out, std::string_view name, NameForm form);

}  // namespace posthorn::imap
