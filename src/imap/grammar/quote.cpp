// imap/grammar/quote.cpp - see quote.h.
#include "imap/grammar/quote.h"

#include <algorithm>

#include "base/text.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {

namespace {

// Longer strings go as literals: some clients read lines into fixed buffers.
constexpr std::size_t longest_quoted = 1000;

bool may_be_quoted(std::string_view text, QuotedText allowed) {
  if (text.size() > longest_quoted) return false;
  bool ascii = true;
  for (const char c : text) {
    if (c == '\0' || c == '\r' || c == '\n') return false;
    if (static_cast<unsigned char>(c) >= 0x80) ascii = false;
  }
  return ascii || (allowed == QuotedText::utf8 && is_utf8(text));
}

}  // namespace

void append_literal(std::string& out, std::string_view octets) {
  out.append("{").append(std::to_string(octets.size())).append("}\r\n");
  const auto from = out.size();
  out.append(octets);
  if (octets.find('\0') != std::string_view::npos)
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), '\0', '\x80');
}

void append_literal8(std::string& out, std::string_view octets) {
  const bool has_nul = octets.find('\0') != std::string_view::npos;
  out.append(has_nul ? "~{" : "{").append(std::to_string(octets.size())).append("}\r\n").append(octets);
}

void append_string(std::string& out, std::string_view text, QuotedText allowed) {
  if (!may_be_quoted(text, allowed)) return append_literal(out, text);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_nstring(std::string& out, const std::optional<std::string>& text, QuotedText allowed) {
  if (text)
    append_string(out, *text, allowed);
  else
    out += "NIL";
}

void append_astring(std::string& out, std::string_view text, QuotedText allowed) {
  if (!text.empty() && !equal_icase(text, "NIL") && std::ranges::all_of(text, is_astring_char))
    out += text;
  else
    append_string(out, text, allowed);
}

void append_mailbox(std::string& out, std::string_view name, NameForm form) {
  append_astring(out, mailbox_to_wire(name, form), form == NameForm::utf8 ? QuotedText::utf8 : QuotedText::ascii);
}

}  // namespace posthorn::imap
