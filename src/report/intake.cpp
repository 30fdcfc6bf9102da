#include "report/intake.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "report/unpack.h"

namespace posthorn::report {
namespace {

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

bool looks_like_xml(std::string_view bytes) {
  if (bytes.starts_with(utf8_mark)) bytes.remove_prefix(utf8_mark.size());
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) return true;  // UTF-16, which expat reads
  const auto start = bytes.find_first_not_of(" \t\r\n");
  return start != bytes.npos && bytes[start] == '<';
}

// A part that says it is a report, by its type or its name.
bool claims_to_be_one(const mail::Part& part) {
  static constexpr std::array<std::string_view, 8> types = {"application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed",
                                                            "application/x-zip", "text/xml", "application/xml", "application/gzip-compressed"};
  if (std::ranges::find(types, part.type + "/" + part.subtype) != types.end()) return true;
  const auto name = to_lower(mail::file_name(part));
  return name.ends_with(".xml") || name.ends_with(".gz") || name.ends_with(".zip");
}

void take_bytes(const std::string& name, std::string_view bytes, const Limits& limits, Taken& out) {
  const auto xml = unpack(bytes, limits);
  if (!xml) {
    out.refused.push_back(Refusal{name, xml.error().what});
    return;
  }
  auto report = read_aggregate(*xml, limits);
  if (report) out.aggregates.push_back(std::move(*report));
  else out.refused.push_back(Refusal{name, report.error().what});
}

}  // namespace

Taken take_from_message(const mail::Message& message, const Limits& limits) {
  Taken out;
  if (auto failure = failure_in(message)) {
    if (*failure) out.failures.push_back(std::move(**failure));
    else out.refused.push_back(Refusal{"failure report", failure->error().what});
    return out;
  }
  std::size_t looked_at = 0;
  for (const auto& part : message.parts) {
    if (part.is_multipart() || part.is_message() || part.type == "multipart") continue;
    const bool claims = claims_to_be_one(part);
    const bool opaque = part.type == "application" && part.subtype == "octet-stream";
    if (!claims && !opaque) continue;
    if (++looked_at > limits.attachments) {
      out.refused.push_back(Refusal{"the rest of the message", "it has more than " + std::to_string(limits.attachments) + " attachments"});
      return out;
    }
    const auto bytes = mail::decoded_body(message, part);
    if (!claims && packing_of(bytes) == Packing::none && !looks_like_xml(bytes)) continue;
    const auto name = mail::file_name(part);
    take_bytes(name.empty() ? part.type + "/" + part.subtype : printable(name, 200), bytes, limits, out);
  }
  return out;
}

Taken take_from_file(std::string_view name, std::string_view bytes, const Limits& limits) {
  Taken out;
  if (packing_of(bytes) != Packing::none || looks_like_xml(bytes)) {
    take_bytes(printable(name, 200), bytes, limits, out);
    return out;
  }
  out = take_from_message(mail::parse(bytes), limits);
  if (out.empty()) out.refused.push_back(Refusal{printable(name, 200), "it is neither a report (XML, gzip or zip) nor a message that holds one"});
  return out;
}

}  // namespace posthorn::report
