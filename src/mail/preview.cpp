// mail/preview.cpp - the preview of RFC 8970: decodes no more of a body than the preview can need.
#include "base/text.h"
#include "mail/parameters.h"
#include "mail/summary.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

constexpr std::size_t most_characters = 256;    // rfc:8970#3.1
constexpr std::size_t plain_prefix = 4 * 1024;  // bytes of an encoded body that are looked at
constexpr std::size_t html_prefix = 64 * 1024;  // style sheets come first
constexpr std::size_t html_text_limit = 4 * 1024;
constexpr std::size_t most_candidates = 16;

// The size of the character at `at` if it is white space or one that newsletters pad with; 0 if it is to be shown.
std::size_t blank_size(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) return c <= 0x20 || c == 0x7f ? 1 : 0;
  const auto rest = text.substr(at);
  if (c == 0xc2 && rest.size() > 1 && (static_cast<unsigned char>(rest[1]) <= 0xa0 || rest[1] == '\xad'))
    return 2;  // C1, NBSP, SHY
  if (rest.starts_with("\u034f")) return 2;
  for (const std::string_view blank : {"\u200b", "\u200c", "\u2007", "\u2028", "\u2029", "\ufeff"})
    if (c >= 0xe2 && rest.starts_with(blank)) return blank.size();
  return 0;
}

std::string squeezed(std::string_view text) {
  std::string out;
  out.reserve(most_characters + 16);
  std::size_t characters = 0;
  bool blank = false;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto size = blank_size(text, at); size > 0) {
      blank = true;
      at += size;
      continue;
    }
    if (blank && !out.empty()) {
      if (++characters >= most_characters) break;
      out += ' ';
    }
    blank = false;
    if (++characters > most_characters) break;
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

// The cut behind the prefix must not make UTF-8 look like another charset.
void drop_half_character(std::string& bytes) {
  for (int i = 0; i < 3 && !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0xc0) == 0x80; ++i) bytes.pop_back();
  if (!bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0xc0) bytes.pop_back();
}

std::string preview_of_part(const Message& message, const Part& part) {
  const bool html = part.subtype == "html";
  const auto body = message.body(part).substr(0, html ? html_prefix : plain_prefix);
  std::string bytes;
  if (part.encoding == Encoding::base64)
    bytes = decode_base64(body).bytes;
  else if (part.encoding == Encoding::quoted_printable)
    bytes = decode_quoted_printable(body).bytes;
  else
    bytes = std::string(body);
  const auto* charset = find_parameter(part.parameters, "charset");
  if (body.size() < part.body_end - part.body_begin) drop_half_character(bytes);
  const auto text = to_utf8_or_guess(bytes, charset ? std::string_view(*charset) : std::string_view());
  return squeezed(html ? html_to_text(text, html_text_limit) : text);
}

bool is_inside_message(const Message& message, const Part& part) {
  return part.parent >= 0 && message.parts[static_cast<std::size_t>(part.parent)].is_message();
}

}  // namespace

std::string preview_of(const Message& message) {
  // Parts stand in preorder: what belongs to an embedded message is marked by its parent.
  std::vector<bool> embedded(message.parts.size());
  for (const bool want_html : {false, true}) {
    std::size_t candidates = 0;
    for (std::size_t i = 0; i < message.parts.size() && candidates < most_candidates; ++i) {
      const auto& part = message.parts[i];
      embedded[i] = is_inside_message(message, part) || (part.parent >= 0 && embedded[static_cast<std::size_t>(part.parent)]);
      if (embedded[i] || part.type != "text" || part.disposition == "attachment" || !part.children.empty()) continue;
      if ((part.subtype == "html") != want_html || (!want_html && part.subtype != "plain")) continue;
      ++candidates;
      if (auto preview = preview_of_part(message, part); !preview.empty()) return preview;
    }
  }
  return {};
}

}  // namespace posthorn::mail
