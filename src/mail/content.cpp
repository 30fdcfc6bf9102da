// mail/content.cpp - Content-Type, -Transfer-Encoding, -Disposition and the others into a Part.
// A second field of one name is ignored and flagged (attacks.md D5).
#include "mail/content.h"

#include "base/cursor.h"
#include "base/text.h"
#include "mail/lexer.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

constexpr std::uint32_t bit(Ambiguity a) {
  return static_cast<std::uint32_t>(a);
}

void spend(std::size_t& budget, std::size_t used) {
  budget -= std::min(budget, used);
}

// rfc:2045#5.1. Something that is no type at all is text/plain, as rfc:2045#5.2 has it, and flagged.
std::uint32_t read_type(Part& part, std::string_view value, const Limits& limits, std::size_t& budget) {
  std::uint32_t flags = 0;
  Cursor at(value);
  skip_cfws(at);
  const auto type = at.take_while(is_token);
  skip_cfws(at);
  const bool slash = at.take('/');
  skip_cfws(at);
  const auto subtype = at.take_while(is_token);
  if (type.empty() || !slash || subtype.empty() || !is_ascii(type) || !is_ascii(subtype)) {
    part.type = "text";
    part.subtype = "plain";
    flags |= bit(Ambiguity::bad_parameter);
  } else {
    part.type = to_lower(type);
    part.subtype = to_lower(subtype);
  }
  skip_cfws(at);
  if (!at.take_while([](char c) { return c != ';'; }).empty()) flags |= bit(Ambiguity::bad_parameter);
  auto list = parse_parameters(at, std::min(limits.parameters, budget));
  spend(budget, list.values.size());
  part.parameters = std::move(list.values);
  return flags | list.ambiguities;
}

// rfc:2045#6.1
std::uint32_t read_encoding(Part& part, std::string_view value) {
  Cursor at(value);
  skip_cfws(at);
  const auto word = at.take_while(is_token);
  skip_cfws(at);
  at.take(';');  // "7bit;" is a common slip that all readers forgive
  skip_cfws(at);
  part.encoding_text = std::string(word);
  part.encoding = Encoding::unknown;
  if (at.done()) {
    static constexpr std::pair<std::string_view, Encoding> known[] = {{"7bit", Encoding::seven_bit},
                                                                      {"8bit", Encoding::eight_bit},
                                                                      {"binary", Encoding::binary},
                                                                      {"quoted-printable", Encoding::quoted_printable},
                                                                      {"base64", Encoding::base64}};
    for (const auto& [name, encoding] : known)
      if (equal_icase(word, name)) part.encoding = encoding;
  }
  return part.encoding == Encoding::unknown ? bit(Ambiguity::unknown_encoding) : 0;
}

// rfc:2183#2
std::uint32_t read_disposition(Part& part, std::string_view value, const Limits& limits, std::size_t& budget) {
  Cursor at(value);
  skip_cfws(at);
  part.disposition = to_lower(at.take_while(is_token));
  skip_cfws(at);
  std::uint32_t flags = at.take_while([](char c) { return c != ';'; }).empty() ? 0 : bit(Ambiguity::bad_parameter);
  // rfc:2183#2.8: an unknown or unreadable disposition is an attachment.
  if (part.disposition.empty()) part.disposition = "attachment";
  auto list = parse_parameters(at, std::min(limits.parameters, budget));
  spend(budget, list.values.size());
  part.disposition_parameters = std::move(list.values);
  return flags | list.ambiguities;
}

// rfc:3282#2
std::uint32_t read_languages(Part& part, std::string_view value, const Limits& limits, std::size_t& budget) {
  Cursor at(value);
  for (;;) {
    skip_cfws(at);
    if (at.done()) return 0;
    const auto tag = at.take_while([](char c) { return c != ',' && c != '(' && !is_fws(c); });
    if (!tag.empty()) {
      if (part.languages.size() >= limits.parameters || budget == 0) return bit(Ambiguity::over_limit);
      spend(budget, 1);
      part.languages.emplace_back(tag);
    }
    at.take(',');
  }
}

bool has_two_filenames(const Part& part) {
  const auto* filename = find_parameter(part.disposition_parameters, "filename");
  const auto* name = find_parameter(part.parameters, "name");
  return filename && name && *filename != *name && decode_words(*filename) != decode_words(*name);
}

}  // namespace

std::uint32_t read_content_fields(Part& part, DefaultType by_default, const Limits& limits, std::size_t& parameters_left) {
  enum : unsigned { type = 1, encoding = 2, disposition = 4, id = 8, description = 16, md5 = 32, location = 64, language = 128 };
  static constexpr std::pair<std::string_view, unsigned> names[] = {
      {"type", type}, {"transfer-encoding", encoding}, {"disposition", disposition}, {"id", id}, {"description", description},
      {"md5", md5},   {"location", location},          {"language", language}};
  if (by_default == DefaultType::message_rfc822) {
    part.type = "message";
    part.subtype = "rfc822";
  }
  part.encoding_text = "7BIT";
  std::uint32_t flags = 0;
  unsigned seen = 0;
  for (const auto& field : part.fields) {
    Cursor name(field.name);
    if (!name.take_icase("content-")) continue;
    unsigned which = 0;
    for (const auto& [word, value] : names)
      if (equal_icase(name.rest(), word)) which = value;
    if (which & seen) {
      if (which == type) flags |= bit(Ambiguity::duplicate_content_type);
      if (which == encoding) flags |= bit(Ambiguity::duplicate_encoding);
      if (which == disposition) flags |= bit(Ambiguity::duplicate_parameter);
      continue;
    }
    seen |= which;
    switch (which) {
      case type: flags |= read_type(part, field.value, limits, parameters_left); break;
      case encoding: flags |= read_encoding(part, field.value); break;
      case disposition: flags |= read_disposition(part, field.value, limits, parameters_left); break;
      case id: part.content_id = unfolded(field.value); break;
      case description: part.description = unfolded(field.value); break;
      case md5: part.md5 = unfolded(field.value); break;
      case location: part.location = unfolded(field.value); break;
      case language: flags |= read_languages(part, field.value, limits, parameters_left); break;
      default: break;
    }
  }
  if ((seen & type) && (seen & disposition) && has_two_filenames(part)) flags |= bit(Ambiguity::two_filenames);
  if (part.type == "text")
    if (const auto* charset = find_parameter(part.parameters, "charset"); charset && !known_charset(*charset))
      flags |= bit(Ambiguity::unknown_charset);
  return flags;
}

}  // namespace posthorn::mail
