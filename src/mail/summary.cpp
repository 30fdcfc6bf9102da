// mail/summary.cpp - a parsed message to its Summary: envelope, structure, preview, what threads and sorting need.
#include "mail/summary.h"

#include <algorithm>

#include "base/text.h"
#include "mail/message_ids.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

StructurePart structure_of(const Part& part) {
  StructurePart node;
  node.type = part.type;
  node.subtype = part.subtype;
  node.parameters = part.parameters;
  node.id = unless_empty(part.content_id);
  node.description = unless_empty(part.description);
  node.md5 = unless_empty(part.md5);
  node.location = unless_empty(part.location);
  node.encoding = part.encoding_text.empty() ? "7BIT" : to_upper(part.encoding_text);
  node.size = part.body_end - part.body_begin;
  node.lines = part.lines;
  node.disposition = part.disposition;
  node.disposition_parameters = part.disposition_parameters;
  node.languages = part.languages;
  node.children = part.children;
  return node;
}

// What people call an attachment: not the text, not the pictures in it, not its signature.
bool is_attachment(const Part& part) {
  if (part.disposition == "attachment") return true;
  if (part.is_multipart()) return false;
  if (part.type == "text") return find_parameter(part.disposition_parameters, "filename") && part.disposition != "inline";
  const bool shown_in_text = part.type == "image" && (part.disposition == "inline" || !part.content_id.empty());
  const bool signature = part.type == "application" && (part.subtype == "pgp-signature" || part.subtype == "pkcs7-signature" ||
                                                        part.subtype == "x-pkcs7-signature" || part.subtype == "pgp-encrypted");
  const bool report = part.type == "message" && !part.is_message();
  return !shown_in_text && !signature && !report;
}

std::string field_text(const std::vector<HeaderField>& fields, std::string_view name) {
  constexpr std::size_t longest = 64 * 1024;
  const auto* field = find(fields, name);
  return field ? unfolded(field->value.substr(0, longest)) : std::string();
}

}  // namespace

Summary summarize(const Message& message) {
  constexpr std::size_t address_limit = Limits{}.addresses;
  const auto& fields = message.root().fields;
  Summary summary;
  summary.envelope = envelope_of(fields, address_limit);
  std::size_t embedded_left = address_limit;  // all embedded envelopes share one budget: there may be thousands
  summary.structure.reserve(message.parts.size());
  for (const auto& part : message.parts) {
    auto& node = summary.structure.emplace_back(structure_of(part));
    if (part.is_message()) {
      node.envelope = envelope_of(message.parts[part.children.front()].fields, embedded_left);
      embedded_left -= std::min(embedded_left, address_count(*node.envelope));
    }
    summary.has_attachment |= is_attachment(part);
  }
  summary.preview = preview_of(message);
  if (summary.envelope.subject) summary.subject = decode_words(*summary.envelope.subject);
  if (summary.envelope.message_id) summary.message_id = message_id_of(*summary.envelope.message_id);
  summary.references = thread_references(field_text(fields, "references"), summary.envelope.in_reply_to.value_or(std::string()));
  if (summary.envelope.date) {
    if (const auto date = parse_date(*summary.envelope.date)) {
      summary.sent = date->seconds;
      summary.sent_zone_minutes = date->zone_minutes;
    }
  }
  summary.ambiguities = message.ambiguities | body_ambiguities(message);
  if (address_count(summary.envelope) >= address_limit || embedded_left == 0)
    summary.ambiguities |= static_cast<std::uint32_t>(Ambiguity::over_limit);
  return summary;
}

}  // namespace posthorn::mail
