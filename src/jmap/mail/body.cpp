#include "jmap/mail/body.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "mail/parameters.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, PartProperty>, 12> part_properties = {{{"partId", PartProperty::part_id},
                                                                                        {"blobId", PartProperty::blob_id},
                                                                                        {"size", PartProperty::size},
                                                                                        {"headers", PartProperty::headers},
                                                                                        {"name", PartProperty::name},
                                                                                        {"type", PartProperty::type},
                                                                                        {"charset", PartProperty::charset},
                                                                                        {"disposition", PartProperty::disposition},
                                                                                        {"cid", PartProperty::cid},
                                                                                        {"language", PartProperty::language},
                                                                                        {"location", PartProperty::location},
                                                                                        {"subParts", PartProperty::sub_parts}}};

bool is_multipart(const mail::Part& part) { return part.type == "multipart"; }
bool is_media(const mail::Part& part) { return part.type == "image" || part.type == "audio" || part.type == "video"; }
bool is_text(const mail::Part& part, std::string_view subtype) { return part.type == "text" && part.subtype == subtype; }

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::string(clean_utf8(text));
}

std::string without_brackets(std::string_view id) {
  id = trim(id);
  if (id.starts_with('<')) id.remove_prefix(1);
  if (id.ends_with('>')) id.remove_suffix(1);
  return std::string(id);
}

// rfc:8621#4.1.4 parseStructure, its recursion as frames. Turning a list off holds for the rest of the frame and what is below it.
class Sorting {
 public:
  explicit Sorting(const mail::Message& message) : message_(message) {}

  BodyLists run() {
    frames_.push_back(Frame{{0}, "mixed"});
    while (!frames_.empty()) {
      auto& frame = frames_.back();
      if (frame.next == frame.parts.size()) {
        if (frame.type == "alternative") even_out(frame);
        frames_.pop_back();
        continue;
      }
      const auto place = frame.next++;
      take(frame, frame.parts[place], place == 0);
    }
    return std::move(lists_);
  }

 private:
  struct Frame {
    std::vector<std::size_t> parts;
    std::string_view type;
    bool in_alternative = false, text = true, html = true;
    std::size_t next = 0, text_length = 0, html_length = 0;
  };

  void take(Frame& frame, std::size_t index, bool first) {
    const auto& part = message_.parts[index];
    if (is_multipart(part)) {
      Frame below{{part.children.begin(), part.children.end()}, part.subtype, frame.in_alternative || part.subtype == "alternative", frame.text, frame.html, 0,
                  lists_.text.size(), lists_.html.size()};
      frames_.push_back(std::move(below));
      return;
    }
    const bool plain = is_text(part, "plain"), html = is_text(part, "html");
    // A text part with a name that does not come first is an attachment; in multipart/related all but the first are.
    const bool in_place = first || (frame.type != "related" && (is_media(part) || mail::file_name(part).empty()));
    if (part.disposition == "attachment" || !(plain || html || is_media(part)) || !in_place) {
      lists_.attachments.push_back(index);
      return;
    }
    if (frame.type == "alternative") {
      (plain ? lists_.text : html ? lists_.html : lists_.attachments).push_back(index);
      return;
    }
    if (frame.in_alternative && plain) frame.html = false;
    if (frame.in_alternative && html) frame.text = false;
    if (frame.text) lists_.text.push_back(index);
    if (frame.html) lists_.html.push_back(index);
    if ((!frame.text || !frame.html) && is_media(part)) lists_.attachments.push_back(index);
  }

  // Of an alternative that has one form only, that form is shown to everybody.
  void even_out(const Frame& frame) {
    if (!frame.text || !frame.html) return;
    const bool no_text = lists_.text.size() == frame.text_length, no_html = lists_.html.size() == frame.html_length;
    if (no_text && !no_html) lists_.text.insert(lists_.text.end(), lists_.html.begin() + static_cast<std::ptrdiff_t>(frame.html_length), lists_.html.end());
    if (no_html && !no_text) lists_.html.insert(lists_.html.end(), lists_.text.begin() + static_cast<std::ptrdiff_t>(frame.text_length), lists_.text.end());
  }

  const mail::Message& message_;
  std::vector<Frame> frames_;
  BodyLists lists_;
};

// Whether the text is not what the sender wrote, as far as can be told.
bool has_encoding_problem(const mail::Message& message, const mail::Part& part, std::string_view text) {
  if (part.encoding == mail::Encoding::unknown) return true;
  if (part.encoding == mail::Encoding::base64 && !mail::is_clean_base64(message.body(part))) return true;
  const auto* charset = mail::find_parameter(part.parameters, "charset");
  if (charset != nullptr && !mail::known_charset(*charset)) return true;
  return text.contains("\xef\xbf\xbd");
}

}  // namespace

const std::vector<std::string>& default_body_properties() {
  static const std::vector<std::string> names = {"partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"};
  return names;
}

Result<std::vector<BodyRequest::Wanted>> parse_body_properties(const std::vector<std::string>& names) {
  std::vector<BodyRequest::Wanted> out;
  for (const auto& name : names) {
    BodyRequest::Wanted one;
    one.as_asked = name;
    const auto known = std::ranges::find(part_properties, std::string_view(name), &std::pair<std::string_view, PartProperty>::first);
    if (known != part_properties.end()) {
      one.property = known->second;
    } else {
      one.property = PartProperty::header;
      TRY_ASSIGN(one.header, parse_header_property(name));
    }
    out.push_back(std::move(one));
  }
  return out;
}

BodyLists body_lists(const mail::Message& message) { return Sorting(message).run(); }

json::value BodyView::property(std::size_t index, const BodyRequest::Wanted& wanted) const {
  const auto& part = message_.parts[index];
  switch (wanted.property) {
    case PartProperty::part_id: return is_multipart(part) ? json::value(nullptr) : json::value(std::to_string(index));
    case PartProperty::blob_id: return is_multipart(part) ? json::value(nullptr) : json::value(blob_id_(index));
    case PartProperty::size: return is_multipart(part) ? 0 : mail::decoded_body(message_, part).size();
    case PartProperty::headers: return headers_json(part.fields);
    case PartProperty::name: return text_or_null(mail::file_name(part));
    case PartProperty::type: return json::string(part.type + "/" + part.subtype);
    case PartProperty::charset: {
      if (const auto* charset = mail::find_parameter(part.parameters, "charset"); charset != nullptr) return json::string(clean_utf8(*charset));
      const bool has_type = mail::find(part.fields, "content-type") != nullptr;
      if (has_type && part.type != "text") return nullptr;
      if (part.type != "text") return nullptr;  // message/rfc822 of a digest, by default
      return "us-ascii";
    }
    case PartProperty::disposition: return text_or_null(part.disposition);
    case PartProperty::cid: return text_or_null(without_brackets(part.content_id));
    case PartProperty::language: {
      if (part.languages.empty()) return nullptr;
      json::array all;
      for (const auto& one : part.languages) all.push_back(json::string(clean_utf8(one)));
      return all;
    }
    case PartProperty::location: return text_or_null(part.location);
    case PartProperty::sub_parts: return nullptr;  // by structure()
    case PartProperty::header: return header_value(part.fields, wanted.header);
  }
  return nullptr;
}

json::object BodyView::part(std::size_t index, const BodyRequest& request) const {
  json::object out;
  for (const auto& wanted : request.properties)
    if (wanted.property != PartProperty::sub_parts) out[wanted.as_asked] = property(index, wanted);
  return out;
}

// Parts stand in preorder, so children are made before their parents when we go from the last to the first.
json::object BodyView::structure(const BodyRequest& request) const {
  std::vector<json::object> made(message_.parts.size());
  // What is inside an embedded message is not part of this one.
  std::vector<bool> inside(message_.parts.size());
  for (std::size_t i = 0; i < message_.parts.size(); ++i) {
    const auto& one = message_.parts[i];
    for (const auto child : one.children) inside[child] = inside[i] || !is_multipart(one);
  }
  for (std::size_t i = message_.parts.size(); i-- > 0;) {
    if (inside[i]) continue;
    made[i] = part(i, request);
    if (!is_multipart(message_.parts[i])) continue;
    json::array below;
    for (const auto child : message_.parts[i].children) below.push_back(std::move(made[child]));
    made[i]["subParts"] = std::move(below);
  }
  return std::move(made[0]);
}

json::array BodyView::list(const std::vector<std::size_t>& parts, const BodyRequest& request) const {
  json::array out;
  for (const auto index : parts) out.push_back(part(index, request));
  return out;
}

json::object BodyView::values(const BodyRequest& request) const {
  std::vector<std::size_t> wanted;
  const auto add = [&](const std::vector<std::size_t>& parts) { wanted.insert(wanted.end(), parts.begin(), parts.end()); };
  if (request.text_values || request.all_values) add(lists_.text);
  if (request.html_values || request.all_values) add(lists_.html);
  if (request.all_values) add(lists_.attachments);
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  json::object out;
  for (const auto index : wanted) {
    const auto& one = message_.parts[index];
    if (one.type != "text") continue;
    auto text = mail::text_of(message_, one);
    const bool problem = has_encoding_problem(message_, one, text);
    std::string lines;
    lines.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') lines += text[i];
    auto cut = cut_value(clean_utf8(lines), request.most_value_bytes, one.subtype == "html");
    out[std::to_string(index)] = json::object{{"value", std::move(cut.text)}, {"isEncodingProblem", problem}, {"isTruncated", cut.truncated}};
  }
  return out;
}

bool BodyView::has_attachment() const {
  return std::ranges::any_of(lists_.attachments, [this](std::size_t index) { return message_.parts[index].disposition != "inline"; });
}

Cut cut_value(std::string text, std::uint64_t most, bool html) {
  if (most == 0 || text.size() <= most) return {std::move(text), false};
  auto size = static_cast<std::size_t>(most);
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
  if (html) {
    const auto open = text.rfind('<'), close = text.rfind('>');
    if (open != text.npos && (close == text.npos || close < open)) text.resize(open);
  }
  return {std::move(text), true};
}

std::optional<std::size_t> part_of(const mail::Message& message, std::string_view part_id) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part_id.data(), part_id.data() + part_id.size(), index);
  if (error != std::errc() || end != part_id.data() + part_id.size() || part_id.empty() || index >= message.parts.size()) return std::nullopt;
  if (is_multipart(message.parts[index])) return std::nullopt;
  return index;
}

}  // namespace posthorn::jmap
