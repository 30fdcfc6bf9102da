// mail/parameters.h - "; name=value" lists of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231).
// Read inside src/mail only; called for each MIME part. Never fails: what is wrong or ambiguous sets bits of Ambiguity.
#pragma once

#include <cstdint>

#include "base/cursor.h"
#include "mail/message.h"

namespace posthorn::mail {

struct ParameterList {
  Parameters values;
  std::uint32_t ambiguities = 0;
};

// Reads from behind the type or disposition to the end of the field's value.
ParameterList parse_parameters(Cursor& at, std::size_t limit);

// The value of a parameter by its lower-case name, or nullptr.
const std::string* find_parameter(const Parameters& parameters, std::string_view name);

// file_name() of a part that is known by its parameters alone.
std::string file_name(const Parameters& of_disposition, const Parameters& of_type);

}  // namespace posthorn::mail
