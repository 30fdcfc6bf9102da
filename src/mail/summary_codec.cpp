// mail/summary_codec.cpp - the stored form of a Summary: a version, then every member in the order of the header.
// Security: decode_summary() reads bytes that may be damaged. Counts are checked before anything is reserved, the tree is
// checked to be one (each part but the first has one parent before it, and no deep chain), and nothing may be left over;
// so what it accepts encodes to the same bytes.
#include <algorithm>

#include "base/codec.h"
#include "mail/message_ids.h"
#include "mail/summary.h"

namespace posthorn::mail {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t deepest = 1'000;

template <class T, class Write>
void put_list(Encoder& out, const std::vector<T>& list, Write write) {
  out.u32(static_cast<std::uint32_t>(list.size()));
  for (const auto& item : list) write(item);
}

// `least`: the bytes of the shortest item.
template <class T, class Read>
std::vector<T> get_list(Decoder& in, std::size_t least, Read read) {
  std::vector<T> list;
  const auto count = in.count(least);
  list.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) list.push_back(read());
  return list;
}

void put(Encoder& out, const std::optional<std::string>& text) {
  out.flag(text.has_value());
  if (text) out.string(*text);
}
std::optional<std::string> get_optional(Decoder& in) {
  if (!in.flag()) return std::nullopt;
  return in.string();
}

void put(Encoder& out, const Parameters& parameters) {
  put_list(out, parameters, [&out](const auto& p) { out.string(p.first).string(p.second); });
}
Parameters get_parameters(Decoder& in) {
  return get_list<Parameters::value_type>(in, 8, [&in] {
    auto name = in.string();
    return Parameters::value_type(std::move(name), in.string());
  });
}

void put(Encoder& out, const std::vector<std::string>& texts) {
  put_list(out, texts, [&out](const auto& text) { out.string(text); });
}
std::vector<std::string> get_texts(Decoder& in) {
  return get_list<std::string>(in, 4, [&in] { return in.string(); });
}

void put(Encoder& out, const std::vector<HeaderAddress>& addresses) {
  put_list(out, addresses, [&out](const HeaderAddress& a) {
    out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(a.kind) | (a.valid ? 4U : 0U)));
    out.string(a.name).string(a.local).string(a.domain);
  });
}
std::vector<HeaderAddress> get_addresses(Decoder& in, bool& sane) {
  return get_list<HeaderAddress>(in, 13, [&in, &sane] {
    HeaderAddress a;
    const auto head = in.u8();
    sane &= head < 8 && (head & 3) < 3;
    a.kind = static_cast<HeaderAddress::Kind>(head & 3);
    a.valid = (head & 4) != 0;
    a.name = in.string();
    a.local = in.string();
    a.domain = in.string();
    return a;
  });
}

void put(Encoder& out, const Envelope& e) {
  for (const auto* text : {&e.date, &e.subject, &e.in_reply_to, &e.message_id}) put(out, *text);
  for (const auto* list : {&e.from, &e.sender, &e.reply_to, &e.to, &e.cc, &e.bcc}) put(out, *list);
}
Envelope get_envelope(Decoder& in, bool& sane) {
  Envelope e;
  for (auto* text : {&e.date, &e.subject, &e.in_reply_to, &e.message_id}) *text = get_optional(in);
  for (auto* list : {&e.from, &e.sender, &e.reply_to, &e.to, &e.cc, &e.bcc}) *list = get_addresses(in, sane);
  return e;
}

void put(Encoder& out, const StructurePart& p) {
  out.string(p.type).string(p.subtype);
  put(out, p.parameters);
  for (const auto* text : {&p.id, &p.description, &p.md5, &p.location}) put(out, *text);
  out.string(p.encoding).u64(p.size).u64(p.lines).string(p.disposition);
  put(out, p.disposition_parameters);
  put(out, p.languages);
  put_list(out, p.children, [&out](std::uint32_t child) { out.u32(child); });
  out.flag(p.envelope.has_value());
  if (p.envelope) put(out, *p.envelope);
}
constexpr std::size_t least_part = 4 + 4 + 4 + 4 + 4 + 16 + 4 + 4 + 4 + 4 + 1;
StructurePart get_part(Decoder& in, bool& sane) {
  StructurePart p;
  p.type = in.string();
  p.subtype = in.string();
  p.parameters = get_parameters(in);
  for (auto* text : {&p.id, &p.description, &p.md5, &p.location}) *text = get_optional(in);
  p.encoding = in.string();
  p.size = in.u64();
  p.lines = in.u64();
  p.disposition = in.string();
  p.disposition_parameters = get_parameters(in);
  p.languages = get_texts(in);
  p.children = get_list<std::uint32_t>(in, 4, [&in] { return in.u32(); });
  if (in.flag()) p.envelope = get_envelope(in, sane);
  return p;
}

// Every part but the first is the child of exactly one part before it.
bool is_tree(const std::vector<StructurePart>& parts) {
  std::vector<std::size_t> depth(parts.size(), 0);
  std::size_t children = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const auto child : parts[i].children) {
      if (child <= i || child >= parts.size() || depth[child] != 0) return false;
      depth[child] = depth[i] + 1;
      if (depth[child] > deepest) return false;
      ++children;
    }
  }
  return parts.empty() || children == parts.size() - 1;
}

}  // namespace

std::string encode(const Summary& s) {
  Encoder out;
  out.u8(version);
  put(out, s.envelope);
  put_list(out, s.structure, [&out](const StructurePart& part) { put(out, part); });
  out.string(s.preview).string(s.subject);
  put(out, s.references);
  out.string(s.message_id).flag(s.sent.has_value());
  if (s.sent) out.i64(*s.sent);
  out.u32(static_cast<std::uint32_t>(s.sent_zone_minutes)).u32(s.ambiguities).flag(s.has_attachment);
  return out.take();
}

Result<Summary> decode_summary(std::string_view bytes) {
  Decoder in(bytes);
  if (in.u8() != version)
    return fail(Errc::corrupt, "a stored summary has a version this program does not know",
                "it can be made anew from the message");
  bool sane = true;
  Summary s;
  s.envelope = get_envelope(in, sane);
  s.structure = get_list<StructurePart>(in, least_part, [&in, &sane] { return get_part(in, sane); });
  s.preview = in.string();
  s.subject = in.string();
  s.references = get_texts(in);
  s.message_id = in.string();
  if (in.flag()) s.sent = in.i64();
  s.sent_zone_minutes = static_cast<std::int32_t>(in.u32());
  s.ambiguities = in.u32();
  s.has_attachment = in.flag();
  if (!in.finished() || !sane || s.references.size() > most_references || !is_tree(s.structure))
    return fail(Errc::corrupt, "a stored summary is damaged", "it can be made anew from the message");
  return s;
}

}  // namespace posthorn::mail
