// mail/header_fields.cpp - header fields: from lines, by name, unfolded (RFC 5322 2.2, 3.6.8).
#include "mail/header_fields.h"

#include <algorithm>

#include "base/text.h"
#include "mail/lexer.h"

namespace posthorn::mail {

std::optional<ReadField> read_field(std::string_view whole) {
  constexpr std::size_t longest_name = 1'000;  // attacks.md D4
  Cursor at(whole);
  // rfc:5322#2.2: printable US-ASCII except the colon.
  const auto name = at.take_while([](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
  if (name.empty() || name.size() > longest_name) return std::nullopt;
  ReadField read;
  if (!at.take_while(is_wsp).empty()) read.form = FieldForm::lenient;
  if (!at.take(':')) return std::nullopt;
  read.field = {name, without_line_end(at.rest()), whole};
  return read;
}

const HeaderField* find(const std::vector<HeaderField>& fields, std::string_view name) {
  for (const auto& field : fields)
    if (equal_icase(field.name, name)) return &field;
  return nullptr;
}

std::string unfolded(std::string_view value) {
  value = trim(value);
  constexpr std::string_view special("\r\n\0", 3);
  if (value.find_first_of(special) == value.npos) return std::string(value);
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (special.find(c) == special.npos) {
      out += c;
      continue;
    }
    std::size_t end = i;
    if (c == '\r' && end + 1 < value.size() && value[end + 1] == '\n') ++end;
    const bool fold = value[end] == '\n' && end + 1 < value.size() && is_wsp(value[end + 1]);
    if (!fold) out += ' ';
    i = end;
  }
  return std::string(trim(out));  // what became white space may stand at its ends
}

}  // namespace posthorn::mail
