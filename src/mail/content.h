// mail/content.h - what the Content-* fields of a header block say about a part (RFC 2045, 2183, 3282, 2557).
// Internal to src/mail; called by the tree parser once for each part.
#pragma once

#include <cstdint>

#include "mail/message.h"

namespace posthorn::mail {

enum class DefaultType : std::uint8_t { text_plain, message_rfc822 };  // rfc:2046#5.1.5: inside multipart/digest

// Fills the part's members from its fields; returns bits of Ambiguity. `parameters_left` is the message's budget.
std::uint32_t read_content_fields(Part& part, DefaultType by_default, const Limits& limits, std::size_t& parameters_left);

}  // namespace posthorn::mail
