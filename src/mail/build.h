// mail/build.h - writing messages: header fields with folding, and small MIME bodies (DSNs, lab letters). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::mail {

// One "Name: value\r\n", folded at 78 where white space allows. Refuses CR, LF, NUL in `value` (attacks.md E12) and bad names.
Result<std::string> header_field(std::string_view name, std::string_view value);

// Bare CR and bare LF to CRLF, last line ended: what a local file needs before it is a message on the wire.
std::string to_crlf(std::string_view bytes);

}  // namespace posthorn::mail
