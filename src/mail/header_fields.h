// mail/header_fields.h - one header field from its lines. Internal to src/mail.
#pragma once

#include <optional>

#include "mail/message.h"

namespace posthorn::mail {

enum class FieldForm : std::uint8_t { clean, lenient };  // lenient: white space before the colon (rfc:5322#4.5)

struct ReadField {
  HeaderField field;
  FieldForm form = FieldForm::clean;
};

// `whole` is a line with its continuation lines. Nothing if it is no field: no colon in the first line, or a name that
// is empty, over 1,000 bytes or holds anything but printable ASCII.
std::optional<ReadField> read_field(std::string_view whole);

// The line without its CRLF or LF.
constexpr std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n'))
    line.remove_suffix(1);
  else
    return line;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace posthorn::mail
