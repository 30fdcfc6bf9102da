// mail/json.cpp - see json.h.
#include "mail/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::mail {
namespace {

namespace json = boost::json;

json::string utf8(std::string_view text) {
  return json::string(is_utf8(text) ? std::string(text) : to_utf8_or_guess(text, {}));
}

json::value optional_text(const std::optional<std::string>& text) {
  return text ? json::value(utf8(*text)) : json::value(nullptr);
}

// Words decoded for people; "valid" only where it is false.
json::array addresses(const std::vector<HeaderAddress>& list) {
  json::array out;
  for (const auto& a : list) {
    json::object item;
    switch (a.kind) {
      case HeaderAddress::Kind::group_start: item["group"] = utf8(decode_words(a.name)); break;
      case HeaderAddress::Kind::group_end: item["group_end"] = true; break;
      case HeaderAddress::Kind::mailbox:
        if (!a.name.empty()) item["name"] = utf8(decode_words(a.name));
        item["address"] = utf8(a.domain.empty() ? a.local : Address{a.local, a.domain}.text());
        if (!a.valid) item["valid"] = false;
        break;
    }
    out.push_back(std::move(item));
  }
  return out;
}

json::object parameters(const Parameters& list) {
  json::object out;
  for (const auto& [name, value] : list) out[utf8(name)] = utf8(value);
  return out;
}

// The section number of every part (rfc:9051#6.4.5.1), in the order of the parts, which is preorder.
std::vector<std::string> section_numbers(const Message& message) {
  std::vector<std::string> shown(message.parts.size()),
      inside(message.parts.size());  // inside: what children's numbers begin with
  const auto name = [&](std::size_t index, const std::string& prefix, const std::string& number) {
    const auto dotted = [&prefix](const std::string& last) { return prefix.empty() ? last : prefix + "." + last; };
    // The multipart that is a whole message has no number of its own: its children count from the message.
    const bool unnumbered = number.empty() && message.parts[index].is_multipart();
    shown[index] = dotted(unnumbered ? "TEXT" : number.empty() ? "1" : number);
    inside[index] = unnumbered ? prefix : shown[index];
  };
  name(0, {}, {});
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    std::size_t number = 0;
    for (const auto child : part.children) name(child, inside[i], part.is_message() ? std::string() : std::to_string(++number));
  }
  return shown;
}

json::object part_to_json(const Message& message, const Part& part, const std::string& path) {
  json::object out;
  out["path"] = path;
  out["type"] = part.type + "/" + part.subtype;
  out["parameters"] = parameters(part.parameters);
  out["encoding"] = utf8(part.encoding_text);
  if (part.type == "text") {
    const auto* charset = find_parameter(part.parameters, "charset");
    out["charset"] = charset ? utf8(*charset) : json::string("us-ascii");
  }
  if (!part.disposition.empty()) {
    out["disposition"] = utf8(part.disposition);
    out["disposition_parameters"] = parameters(part.disposition_parameters);
  }
  if (const auto file = file_name(part); !file.empty()) out["file_name"] = utf8(file);
  if (!part.content_id.empty()) out["content_id"] = utf8(part.content_id);
  if (!part.description.empty()) out["description"] = utf8(decode_words(part.description));
  out["header_begin"] = part.header_begin;
  out["body_begin"] = part.body_begin;
  out["body_end"] = part.body_end;
  out["size"] = part.body_end - part.body_begin;
  out["lines"] = part.lines;
  if (part.children.empty()) out["decoded_size"] = decoded_body(message, part).size();
  if (part.is_message()) out["envelope"] = to_json(envelope_of(message.parts[part.children.front()].fields));
  return out;
}

}  // namespace

json::value to_json(const Envelope& e) {
  json::object out;
  out["date"] = optional_text(e.date);
  out["subject"] = optional_text(e.subject);
  out["from"] = addresses(e.from);
  out["sender"] = addresses(e.sender);
  out["reply_to"] = addresses(e.reply_to);
  out["to"] = addresses(e.to);
  out["cc"] = addresses(e.cc);
  out["bcc"] = addresses(e.bcc);
  out["in_reply_to"] = optional_text(e.in_reply_to);
  out["message_id"] = optional_text(e.message_id);
  return out;
}

json::value to_json(const Message& message) {
  const auto summary = summarize(message);
  json::object out;
  out["size"] = message.bytes.size();
  out["from"] = addresses(summary.envelope.from);
  out["to"] = addresses(summary.envelope.to);
  out["cc"] = addresses(summary.envelope.cc);
  out["bcc"] = addresses(summary.envelope.bcc);
  out["subject"] = utf8(summary.subject);
  out["date"] = summary.sent ? json::value(format_date({*summary.sent, summary.sent_zone_minutes})) : json::value(nullptr);
  out["sent"] = summary.sent ? json::value(*summary.sent) : json::value(nullptr);
  out["message_id"] = utf8(summary.message_id);
  json::array references;
  for (const auto& id : summary.references) references.push_back(utf8(id));
  out["references"] = std::move(references);
  out["preview"] = utf8(summary.preview);
  out["has_attachment"] = summary.has_attachment;
  json::array ambiguities;
  for (const auto word : ambiguity_names(summary.ambiguities)) ambiguities.push_back(json::string(word));
  out["ambiguities"] = std::move(ambiguities);
  out["envelope"] = to_json(summary.envelope);
  json::array parts;
  const auto paths = section_numbers(message);
  for (std::size_t i = 0; i < message.parts.size(); ++i) parts.push_back(part_to_json(message, message.parts[i], paths[i]));
  out["parts"] = std::move(parts);
  return out;
}

}  // namespace posthorn::mail
