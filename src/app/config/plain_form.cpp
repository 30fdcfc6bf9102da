#include "app/config/plain_form.h"

#include <algorithm>

namespace posthorn::app {

bool has_plain_form(std::string_view line) {
  if (line.contains("\"\"\"") || line.contains("'''")) return false;
  if (std::ranges::any_of(line, [](char c) { return c >= 0 && c < ' ' && c != '\t' && c != '\r'; })) return false;
  constexpr std::string_view before_text("\0=[,{.", 6);
  char quote = '\0', last = '\0';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == '"' && c == '\\') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '#') {
      return true;
    } else if (c == '"' || c == '\'') {
      if (!before_text.contains(last)) return false;  // within a word it begins no text
      quote = last = c;
    } else if (static_cast<unsigned char>(c) > 0x7f) {
      return false;
    } else if (c != ' ' && c != '\t') {
      last = c;
    }
  }
  return true;
}

}  // namespace posthorn::app
