#include "jmap/mail/compose.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <set>

#include "base/text.h"
#include "jmap/mail/support.h"
#include "mail/build.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Convenience {
  std::string_view property, field;
  HeaderForm form;
};
constexpr std::array<Convenience, 11> convenience = {{{"messageId", "Message-ID", HeaderForm::message_ids},
                                                      {"inReplyTo", "In-Reply-To", HeaderForm::message_ids},
                                                      {"references", "References", HeaderForm::message_ids},
                                                      {"sender", "Sender", HeaderForm::addresses},
                                                      {"from", "From", HeaderForm::addresses},
                                                      {"to", "To", HeaderForm::addresses},
                                                      {"cc", "Cc", HeaderForm::addresses},
                                                      {"bcc", "Bcc", HeaderForm::addresses},
                                                      {"replyTo", "Reply-To", HeaderForm::addresses},
                                                      {"subject", "Subject", HeaderForm::text},
                                                      {"sentAt", "Date", HeaderForm::date}}};
// In which order people expect to see them.
constexpr std::array<std::string_view, 6> first_fields = {"date", "from", "sender", "reply-to", "to", "cc"};

std::unexpected<SetError> refuse(std::string why, std::string property) { return std::unexpected(invalid_properties(std::move(why), {std::move(property)})); }

// Header lines of one level, each field once.
class Fields {
 public:
  explicit Fields(std::size_t limit) : limit_(limit) {}

  // What is no header property is not taken (false).
  std::expected<bool, SetError> take(std::string_view property, const json::value& value) {
    const auto known = std::ranges::find(convenience, property, &Convenience::property);
    HeaderProperty header;
    if (known != convenience.end()) {
      header = HeaderProperty{std::string(known->field), known->form, false};
    } else if (property.starts_with("header:")) {
      auto parsed = parse_header_property(property);
      if (!parsed) return refuse(parsed.error().what, std::string(property));
      header = std::move(*parsed);
    } else {
      return false;
    }
    const auto key = to_lower(header.name);
    if (!names_.insert(key).second) return refuse("two properties give the field " + header.name, std::string(property));
    if (names_.size() > limit_) return refuse("there are too many header fields", std::string(property));
    if (value.is_null()) return true;
    if (!header.all) return add(header, value, property);
    if (!value.is_array()) return refuse("with :all the value is a list", std::string(property));
    for (const auto& one : value.get_array()) {
      if (auto added = add(header, one, property); !added) return added;
    }
    return true;
  }
  bool has(std::string_view lower_name) const { return names_.contains(std::string(lower_name)); }
  const std::set<std::string>& names() const { return names_; }
  bool claim(std::string_view lower_name) { return names_.insert(std::string(lower_name)).second; }

  std::string text() const {
    std::string out;
    for (const auto first : first_fields)
      for (const auto& [name, line] : lines_)
        if (name == first) out += line;
    for (const auto& [name, line] : lines_)
      if (std::ranges::find(first_fields, std::string_view(name)) == first_fields.end()) out += line;
    return out;
  }

 private:
  std::expected<bool, SetError> add(const HeaderProperty& header, const json::value& value, std::string_view property) {
    auto line = field_line(header.name, header.form, value);
    if (!line) return refuse(std::string(property) + ": " + line.error().what, std::string(property));
    lines_.emplace_back(to_lower(header.name), std::move(*line));
    return true;
  }

  std::size_t limit_;
  std::set<std::string> names_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

bool is_token(std::string_view text) {
  constexpr std::string_view special = "()<>@,;:\\\"/[]?= ";
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return c > 0x20 && c < 0x7f && !special.contains(c); });
}

bool plain_text(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// The parts of one creation.
class Parts {
 public:
  Parts(const json::object* values, const ComposeLimits& limits, std::vector<DraftPart>& out) : values_(values), limits_(limits), out_(out) {}

  // A tree, walked with a list of what is still to be done. `taken`: fields that the Email gives itself.
  std::expected<std::size_t, SetError> add_tree(const json::object& root, const std::set<std::string>* taken) {
    struct Todo {
      const json::object* object;
      std::optional<std::size_t> parent;
      std::size_t depth;
    };
    const auto first = out_.size();
    std::vector<Todo> todo{{&root, std::nullopt, 0}};
    while (!todo.empty()) {
      const auto one = todo.back();
      todo.pop_back();
      if (one.depth > limits_.depth) return refuse("the parts are nested too deep", "bodyStructure");
      auto made = part_of(*one.object, one.parent ? nullptr : taken);
      if (!made) return std::unexpected(std::move(made.error()));
      if (out_.size() >= limits_.parts) return refuse("there are too many parts", "bodyStructure");
      const auto index = out_.size();
      out_.push_back(std::move(*made));
      if (one.parent) out_[*one.parent].children.push_back(index);
      const auto* below = one.object->if_contains("subParts");
      if (below == nullptr || below->is_null()) continue;
      if (!below->is_array() || out_[index].type != "multipart") return refuse("only a multipart has subParts, and they are a list", "subParts");
      // Backwards, so that the first is done first.
      for (std::size_t i = below->get_array().size(); i-- > 0;) {
        const auto* child = below->get_array()[i].if_object();
        if (child == nullptr) return refuse("subParts is not a list of EmailBodyPart", "subParts");
        todo.push_back({child, index, one.depth + 1});
      }
    }
    return first;
  }

 private:
  std::expected<DraftPart, SetError> part_of(const json::object& object, const std::set<std::string>* taken) {
    DraftPart out;
    Fields fields(limits_.fields);
    bool has_type = false, has_size = false;
    for (const auto& [key, value] : object) {
      const std::string_view name = key;
      if (name == "subParts") continue;
      if (name == "headers") return refuse("header fields are given one by one, not as headers", "headers");
      if (name == "size") {
        has_size = !value.is_null();
        continue;
      }
      if (value.is_null()) continue;
      if (name == "language") {
        if (!value.is_array()) return refuse("language is a list of strings", "language");
        for (const auto& tag : value.get_array()) {
          if (!tag.is_string() || !is_token(tag.get_string())) return refuse("language is a list of language tags", "language");
          out.languages.emplace_back(tag.get_string());
        }
        continue;
      }
      if (name.starts_with("header:")) {
        auto good = fields.take(name, value);
        if (!good) return std::unexpected(std::move(good.error()));
        continue;
      }
      if (!value.is_string()) return refuse(std::string(name) + " is a string or null", std::string(name));
      const std::string text(value.get_string());
      if (!plain_text(text)) return refuse(std::string(name) + " has control characters", std::string(name));
      if (name == "partId") out.part_id = text;
      else if (name == "blobId") out.blob_id = text;
      else if (name == "type") {
        has_type = true;
        const auto slash = text.find('/');
        out.type = to_lower(text.substr(0, slash));
        out.subtype = slash == text.npos ? "" : to_lower(text.substr(slash + 1));
        if (!is_token(out.type) || !is_token(out.subtype)) return refuse("type is a media type such as text/plain", "type");
      } else if (name == "charset") out.charset = text;
      else if (name == "name") out.name = text;
      else if (name == "disposition") {
        out.disposition = to_lower(text);
        if (!is_token(out.disposition)) return refuse("disposition is a word such as inline", "disposition");
      } else if (name == "cid") {
        out.cid = text;
        if (text.find_first_of("<> ") != text.npos || !is_ascii(text)) return refuse("cid is an id without brackets", "cid");
      } else if (name == "location") {
        out.location = text;
        if (!is_ascii(text) || text.contains(' ')) return refuse("location is a URI", "location");
      } else return refuse("there is no property " + printable(name, 100) + " of a part", std::string(name));
    }
    if (auto good = check(out, fields, has_type, has_size, taken); !good) return std::unexpected(std::move(good.error()));
    out.fields = fields.text();
    return out;
  }

  std::expected<void, SetError> check(DraftPart& part, Fields& fields, bool has_type, bool has_size, const std::set<std::string>* taken) {
    // rfc:8621#4.6, rule by rule.
    if (fields.has("content-transfer-encoding")) return refuse("the server chooses the transfer encoding", "header:Content-Transfer-Encoding");
    const std::array<std::pair<std::string_view, bool>, 5> own = {{{"content-type", has_type || !part.charset.empty()}, {"content-disposition", !part.disposition.empty() || !part.name.empty()},
                                                                   {"content-id", !part.cid.empty()}, {"content-language", !part.languages.empty()}, {"content-location", !part.location.empty()}}};
    for (const auto& [field, given] : own)
      if (given && !fields.claim(field)) return refuse("two properties give the field " + std::string(field), "header:" + std::string(field));
    if (fields.has("content-type") && !has_type) return refuse("the media type is given as type", "header:Content-Type");
    if (taken != nullptr)
      for (const auto& name : fields.names())
        if (taken->contains(name)) return refuse("the field " + name + " is given by the Email, too", "header:" + name);
    if (part.type == "multipart") {
      if (part.part_id || part.blob_id) return refuse("a multipart has neither partId nor blobId", part.part_id ? "partId" : "blobId");
      return {};
    }
    if (part.part_id && part.blob_id) return refuse("a part has a partId or a blobId, not both", "blobId");
    if (!part.part_id && !part.blob_id) return refuse("a part has a partId or a blobId", "partId");
    if (!part.part_id) return {};
    if (!part.charset.empty()) return refuse("the server chooses the charset of text", "charset");
    if (has_size) return refuse("the server counts the size of text", "size");
    if (part.type != "text") return refuse("only text is given by partId", "type");
    const auto* value = values_ == nullptr ? nullptr : values_->if_contains(*part.part_id);
    const auto* object = value == nullptr ? nullptr : value->if_object();
    const auto* text = object == nullptr ? nullptr : object->if_contains("value");
    if (text == nullptr || !text->is_string()) return refuse("bodyValues has no value of that part", "bodyValues");
    for (const auto* flag : {"isEncodingProblem", "isTruncated"})
      if (const auto* is = object->if_contains(flag); is != nullptr && !(is->is_bool() && !is->get_bool())) return refuse(std::string(flag) + " must be false", "bodyValues");
    part.text = text->get_string();
    if (part.text.contains('\0')) return refuse("text has a NUL", "bodyValues");
    return {};
  }

  const json::object* values_;
  const ComposeLimits& limits_;
  std::vector<DraftPart>& out_;
};

std::size_t wrap(std::vector<DraftPart>& parts, const char* subtype, std::vector<std::size_t> children) {
  DraftPart out;
  out.type = "multipart";
  out.subtype = subtype;
  out.children = std::move(children);
  parts.push_back(std::move(out));
  return parts.size() - 1;
}

// textBody, htmlBody and attachments: text and HTML as alternatives, pictures of the HTML beside it, the rest behind.
std::expected<std::size_t, SetError> add_flat(const json::object& email, Parts& adder, std::vector<DraftPart>& parts) {
  std::optional<std::size_t> text, html;
  for (const auto& [property, subtype, place] : {std::tuple("textBody", "plain", &text), std::tuple("htmlBody", "html", &html)}) {
    const auto* list = email.if_contains(property);
    if (list == nullptr || list->is_null()) continue;
    if (!list->is_array() || list->get_array().size() != 1 || !list->get_array()[0].is_object()) return refuse(std::string(property) + " has exactly one part", property);
    auto object = list->get_array()[0].get_object();
    if (!object.contains("type")) object["type"] = std::string("text/") + subtype;
    auto made = adder.add_tree(object, nullptr);
    if (!made) return made;
    if (parts[*made].type != "text" || parts[*made].subtype != subtype) return refuse(std::string(property) + " is of type text/" + subtype, property);
    *place = *made;
  }
  std::vector<std::size_t> related, mixed;
  if (const auto* list = email.if_contains("attachments"); list != nullptr && !list->is_null()) {
    if (!list->is_array()) return refuse("attachments is a list of parts", "attachments");
    for (const auto& one : list->get_array()) {
      if (!one.is_object()) return refuse("attachments is a list of parts", "attachments");
      auto made = adder.add_tree(one.get_object(), nullptr);
      if (!made) return made;
      auto& part = parts[*made];
      const bool embedded = html && !part.cid.empty() && part.disposition != "attachment";
      if (part.disposition.empty()) part.disposition = embedded ? "inline" : "attachment";
      (embedded ? related : mixed).push_back(*made);
    }
  }
  std::optional<std::size_t> body = html;
  if (html && !related.empty()) {
    related.insert(related.begin(), *html);
    body = wrap(parts, "related", std::move(related));
  }
  if (text && body) body = wrap(parts, "alternative", {*text, *body});
  else if (text) body = text;
  if (mixed.empty() && body) return *body;
  if (body) mixed.insert(mixed.begin(), *body);
  if (mixed.empty()) {
    parts.emplace_back();  // nothing was given: an empty text
    parts.back().part_id = "";
    return parts.size() - 1;
  }
  return wrap(parts, "mixed", std::move(mixed));
}

bool is_metadata(std::string_view name) {
  constexpr std::array<std::string_view, 8> names = {"mailboxIds", "keywords", "receivedAt", "bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"};
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::vector<std::string> Draft::blob_ids() const {
  std::vector<std::string> out;
  for (const auto& part : parts)
    if (part.blob_id && std::ranges::find(out, *part.blob_id) == out.end()) out.push_back(*part.blob_id);
  return out;
}

std::expected<Draft, SetError> parse_draft(const json::object& email, const ComposeLimits& limits) {
  Draft out;
  Fields fields(limits.fields);
  for (const auto& [key, value] : email) {
    const std::string_view name = key;
    if (is_metadata(name)) continue;
    if (to_lower(name).starts_with("header:content-")) return refuse("Content- fields belong to a part", std::string(name));
    auto taken = fields.take(name, value);
    if (!taken) return std::unexpected(std::move(taken.error()));
    if (!*taken) return refuse("\"" + printable(name, 100) + "\" cannot be set on an Email", std::string(name));
  }
  const json::object* values = nullptr;
  if (const auto* given = email.if_contains("bodyValues"); given != nullptr && !given->is_null()) {
    values = given->if_object();
    if (values == nullptr) return refuse("bodyValues maps partIds to values", "bodyValues");
  }
  Parts adder(values, limits, out.parts);
  std::size_t root = 0;
  if (const auto* structure = email.if_contains("bodyStructure"); structure != nullptr && !structure->is_null()) {
    for (const auto* other : {"textBody", "htmlBody", "attachments"})
      if (email.contains(other)) return refuse("with bodyStructure there is no textBody, htmlBody or attachments", other);
    if (!structure->is_object()) return refuse("bodyStructure is an EmailBodyPart", "bodyStructure");
    auto made = adder.add_tree(structure->get_object(), &fields.names());
    if (!made) return std::unexpected(std::move(made.error()));
    root = *made;
  } else {
    auto made = add_flat(email, adder, out.parts);
    if (!made) return std::unexpected(std::move(made.error()));
    root = *made;
  }
  // The body comes first; children are named by index, so those that name it and what stood there change places.
  if (root != 0) {
    std::swap(out.parts[0], out.parts[root]);
    for (auto& part : out.parts)
      for (auto& child : part.children) child = child == 0 ? root : child == root ? 0 : child;
  }
  out.has_date = fields.has("date");
  out.has_message_id = fields.has("message-id");
  out.fields = fields.text();
  return out;
}

}  // namespace posthorn::jmap
