// imap/fetch/structure.h - ENVELOPE, BODY and BODYSTRUCTURE from a stored summary (RFC 9051 7.5.2). Pure.
// Security: iterative; each node is written once, however the children's indices lie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/grammar/quote.h"
#include "mail/summary.h"

namespace posthorn::imap {

void append_envelope(std::string& out, const mail::Envelope& envelope, QuotedText allowed);

enum class StructureForm : std::uint8_t { body, bodystructure };  // without or with extension data

void append_structure(std::string& out, const std::vector<mail::StructurePart>& parts, StructureForm form, QuotedText allowed);

}  // namespace posthorn::imap
