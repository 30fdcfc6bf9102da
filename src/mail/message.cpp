// mail/message.cpp - what is asked of a parsed message: decoded bodies, texts, file names, names of ambiguities.
#include "mail/message.h"

#include <array>

#include "base/text.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::mail {

std::string decoded_body(const Message& message, const Part& part) {
  const auto body = message.body(part);
  switch (part.encoding) {
    case Encoding::base64: return decode_base64(body).bytes;
    case Encoding::quoted_printable: return decode_quoted_printable(body).bytes;
    default: return std::string(body);
  }
}

std::string text_of(const Message& message, const Part& part) {
  const auto* charset = find_parameter(part.parameters, "charset");
  const auto bytes = decoded_body(message, part);
  return to_utf8_or_guess(bytes, charset ? std::string_view(*charset) : std::string_view());
}

std::string file_name(const Part& part) { return file_name(part.disposition_parameters, part.parameters); }

std::string file_name(const Parameters& of_disposition, const Parameters& of_type) {
  const auto* name = find_parameter(of_disposition, "filename");
  if (!name || name->empty()) name = find_parameter(of_type, "name");
  if (!name) return {};
  std::string readable = decode_words(*name);
  // Folders have no place in the name of an attachment, and direction marks only serve to disguise its end (attacks.md C15).
  if (const auto slash = readable.find_last_of("/\\"); slash != readable.npos) readable.erase(0, slash + 1);
  for (const std::string_view mark : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"})
    for (auto at = readable.find(mark); at != readable.npos; at = readable.find(mark, at)) readable.erase(at, mark.size());
  return readable;
}

std::uint32_t body_ambiguities(const Message& message) {
  std::uint32_t flags = 0;
  for (const auto& part : message.parts) {
    if (!part.children.empty()) continue;
    if (part.encoding == Encoding::base64 && !is_clean_base64(message.body(part)))
      flags |= static_cast<std::uint32_t>(Ambiguity::bad_base64);
    if (part.encoding == Encoding::quoted_printable && !is_clean_quoted_printable(message.body(part)))
      flags |= static_cast<std::uint32_t>(Ambiguity::bad_quoted_printable);
  }
  return flags;
}

std::vector<std::string_view> ambiguity_names(std::uint32_t ambiguities) {
  static constexpr std::array<std::string_view, 18> names = {
      "duplicate_content_type",    "duplicate_encoding",  "duplicate_parameter",
      "encoded_word_in_parameter", "boundary_by_rfc2231", "bad_parameter",
      "missing_final_boundary",    "missing_boundary",    "bad_base64",
      "bad_quoted_printable",      "unknown_encoding",    "two_filenames",
      "bad_header_line",           "over_limit",          "encoded_multipart",
      "unknown_charset",           "inexact_boundary",    "after_final_boundary"};
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (ambiguities & (1U << i)) words.push_back(names[i]);
  return words;
}

}  // namespace posthorn::mail
