// imap/grammar/mailbox_name.h - mailbox names between the wire and the store: modified UTF-7 (RFC 3501 5.1.3) or UTF-8
// (RFC 9051 5.1, RFC 6855), and which names we take at all. Pure. Called by every command that names a mailbox.
// Security: attacks.md E7. A name has one spelling: what does not round-trip is refused, so no two names alias.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::imap {

// How names stand on the wire: utf8 after ENABLE IMAP4rev2 or UTF8=ACCEPT.
enum class NameForm : std::uint8_t { modified_utf7, utf8 };

inline constexpr char hierarchy_delimiter = '/';

struct NameLimits {
  std::size_t bytes = 1024;
  std::size_t characters = 255;
  std::size_t depth = 64;
};

// Strict: nothing unless encode_utf7(decoded) gives `text` back.
std::optional<std::string> decode_utf7(std::string_view text);
std::string encode_utf7(std::string_view utf8);

// The text of a `mailbox` argument to the store's name: decoded, NFC, INBOX in capitals. The error's `what` is for the client.
// One trailing '/' is dropped (rfc:9051#6.3.4: "the server MUST ignore it" in CREATE; elsewhere no such name exists).
Result<std::string> mailbox_from_wire(std::string_view text, NameForm form, const NameLimits& limits = {});
// For LIST's pattern and reference: only decoded, since these need not be names.
Result<std::string> pattern_from_wire(std::string_view text, NameForm form, const NameLimits& limits = {});
// The store's name as it goes into a response, unquoted.
std::string mailbox_to_wire(std::string_view name, NameForm form);

}  // namespace posthorn::imap
