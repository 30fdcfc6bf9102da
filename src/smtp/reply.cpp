// smtp/reply.cpp - a Reply as bytes on the wire (RFC 5321 4.2.1, RFC 2034).
#include <string>

#include "smtp/types.h"

namespace posthorn::smtp {

// Text may quote what the peer or a policy said: a control character in it must not begin a line of its own.
static void append_clean(std::string& out, std::string_view line) {
  for (const char c : line) out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? ' ' : c;
}

std::string wire(const Reply& reply) {
  const std::string code = std::to_string(reply.code);
  std::string out;
  std::string_view text = reply.text;
  while (true) {
    const auto end = text.find('\n');
    out += code;
    out += end == std::string_view::npos ? ' ' : '-';
    if (!reply.enhanced.empty()) {
      out += reply.enhanced;
      out += ' ';
    }
    append_clean(out, text.substr(0, end));
    out += "\r\n";
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace posthorn::smtp
