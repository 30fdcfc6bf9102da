#include "jmap/contacts/shape.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <vector>

#include "base/text.h"
#include "jmap/mail/email_json.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

enum class Kind : std::uint8_t {
  text,
  number,   // UnsignedInt
  pref,     // 1 to 100 (rfc:9553#1.5.3)
  boolean,
  utc,
  set,      // String[Boolean], all true
  texts,    // String[String]
  object,
  list,     // of objects
  map,      // Id[object]
  named,    // String[object]
};

struct Shape;
struct Property {
  std::string_view name;
  Kind kind;
  const Shape* shape = nullptr;
  bool needed = false;
};
// The value of @type, if it stands there, and the properties.
struct Shape {
  std::string_view type;
  std::span<const Property> properties;
};

constexpr bool needed = true;
constexpr Property contexts{"contexts", Kind::set}, pref{"pref", Kind::pref}, label{"label", Kind::text};

// rfc:9553#2.1.8, 2.2
constexpr Property relation_properties[] = {{"relation", Kind::set}};
constexpr Shape relation{"Relation", relation_properties};
constexpr Property component_properties[] = {{"value", Kind::text, nullptr, needed}, {"kind", Kind::text, nullptr, needed}, {"phonetic", Kind::text}};
constexpr Shape name_component{"NameComponent", component_properties}, address_component{"AddressComponent", component_properties};
constexpr Property name_properties[] = {{"components", Kind::list, &name_component}, {"isOrdered", Kind::boolean}, {"defaultSeparator", Kind::text}, {"full", Kind::text},
                                        {"sortAs", Kind::texts}, {"phoneticScript", Kind::text}, {"phoneticSystem", Kind::text}};
constexpr Shape name{"Name", name_properties};
constexpr Property nickname_properties[] = {{"name", Kind::text, nullptr, needed}, contexts, pref};
constexpr Shape nickname{"Nickname", nickname_properties};
constexpr Property unit_properties[] = {{"name", Kind::text, nullptr, needed}, {"sortAs", Kind::text}};
constexpr Shape unit{"OrgUnit", unit_properties};
constexpr Property organization_properties[] = {{"name", Kind::text}, {"units", Kind::list, &unit}, {"sortAs", Kind::text}, contexts};
constexpr Shape organization{"Organization", organization_properties};
constexpr Property pronouns_properties[] = {{"pronouns", Kind::text, nullptr, needed}, contexts, pref};
constexpr Shape pronouns{"Pronouns", pronouns_properties};
constexpr Property speak_properties[] = {{"grammaticalGender", Kind::text}, {"pronouns", Kind::map, &pronouns}};
constexpr Shape speak_to_as{"SpeakToAs", speak_properties};
constexpr Property title_properties[] = {{"name", Kind::text, nullptr, needed}, {"kind", Kind::text}, {"organizationId", Kind::text}};
constexpr Shape title{"Title", title_properties};

// rfc:9553#2.3
constexpr Property email_properties[] = {{"address", Kind::text, nullptr, needed}, contexts, pref, label};
constexpr Shape email{"EmailAddress", email_properties};
constexpr Property service_properties[] = {{"service", Kind::text}, {"uri", Kind::text}, {"user", Kind::text}, contexts, pref, label};
constexpr Shape service{"OnlineService", service_properties};
constexpr Property phone_properties[] = {{"number", Kind::text, nullptr, needed}, {"features", Kind::set}, contexts, pref, label};
constexpr Shape phone{"Phone", phone_properties};
constexpr Property language_properties[] = {{"language", Kind::text, nullptr, needed}, contexts, pref};
constexpr Shape language{"LanguagePref", language_properties};

// rfc:9553#2.4, 2.6: resources. A Media may name a blob instead of a URI (rfc:9610#3); what becomes of it is seen before.
constexpr Property resource_properties[] = {{"kind", Kind::text}, {"uri", Kind::text, nullptr, needed}, {"mediaType", Kind::text}, contexts, pref, label};
constexpr Property kind_of_resource_properties[] = {{"kind", Kind::text, nullptr, needed}, {"uri", Kind::text, nullptr, needed}, {"mediaType", Kind::text}, contexts, pref, label,
                                                    {"listAs", Kind::number}};
constexpr Shape calendar{"Calendar", kind_of_resource_properties}, directory{"Directory", kind_of_resource_properties}, media{"Media", kind_of_resource_properties};
constexpr Shape crypto_key{"CryptoKey", resource_properties}, link{"Link", resource_properties};
constexpr Property scheduling_properties[] = {{"uri", Kind::text, nullptr, needed}, contexts, pref, label};
constexpr Shape scheduling{"SchedulingAddress", scheduling_properties};

// rfc:9553#2.5, 2.8
constexpr Property address_properties[] = {{"components", Kind::list, &address_component}, {"isOrdered", Kind::boolean}, {"countryCode", Kind::text}, {"coordinates", Kind::text},
                                           {"timeZone", Kind::text}, contexts, {"full", Kind::text}, {"defaultSeparator", Kind::text}, pref, {"phoneticScript", Kind::text},
                                           {"phoneticSystem", Kind::text}};
constexpr Shape address{"Address", address_properties};
// PartialDate or Timestamp; which one its @type says, or utc.
constexpr Property date_properties[] = {{"year", Kind::number}, {"month", Kind::number}, {"day", Kind::number}, {"calendarScale", Kind::text}, {"utc", Kind::utc}};
constexpr Shape date{"", date_properties};
constexpr Property anniversary_properties[] = {{"kind", Kind::text, nullptr, needed}, {"date", Kind::object, &date, needed}, {"place", Kind::object, &address}};
constexpr Shape anniversary{"Anniversary", anniversary_properties};
constexpr Property author_properties[] = {{"name", Kind::text}, {"uri", Kind::text}};
constexpr Shape author{"Author", author_properties};
constexpr Property note_properties[] = {{"note", Kind::text, nullptr, needed}, {"created", Kind::utc}, {"author", Kind::object, &author}};
constexpr Shape note{"Note", note_properties};
constexpr Property info_properties[] = {{"kind", Kind::text, nullptr, needed}, {"value", Kind::text, nullptr, needed}, {"level", Kind::text}, {"listAs", Kind::number}, label};
constexpr Shape info{"PersonalInfo", info_properties};
// rfc:9553#1.4.1 a PatchObject: pointers to values, which nobody but a client applies.
constexpr Shape patch{"", {}};

constexpr Property card_properties[] = {{"version", Kind::text, nullptr, needed},
                                        {"created", Kind::utc},
                                        {"kind", Kind::text},
                                        {"language", Kind::text},
                                        {"members", Kind::set},
                                        {"prodId", Kind::text},
                                        {"relatedTo", Kind::named, &relation},
                                        {"uid", Kind::text, nullptr, needed},
                                        {"updated", Kind::utc},
                                        {"name", Kind::object, &name},
                                        {"nicknames", Kind::map, &nickname},
                                        {"organizations", Kind::map, &organization},
                                        {"speakToAs", Kind::object, &speak_to_as},
                                        {"titles", Kind::map, &title},
                                        {"emails", Kind::map, &email},
                                        {"onlineServices", Kind::map, &service},
                                        {"phones", Kind::map, &phone},
                                        {"preferredLanguages", Kind::map, &language},
                                        {"calendars", Kind::map, &calendar},
                                        {"schedulingAddresses", Kind::map, &scheduling},
                                        {"addresses", Kind::map, &address},
                                        {"cryptoKeys", Kind::map, &crypto_key},
                                        {"directories", Kind::map, &directory},
                                        {"links", Kind::map, &link},
                                        {"media", Kind::map, &media},
                                        {"localizations", Kind::named, &patch},
                                        {"anniversaries", Kind::map, &anniversary},
                                        {"keywords", Kind::set},
                                        {"notes", Kind::map, &note},
                                        {"personalInfo", Kind::map, &info}};
constexpr Shape whole_card{"Card", card_properties};

using Good = std::expected<void, SetError>;

// `path` is "emails/e/address": its first step is the property that is told.
std::unexpected<SetError> wrong(const std::string& path, std::string_view why) {
  return std::unexpected<SetError>(SetError{"invalidProperties", printable(path, 200) + " " + std::string(why), {path.substr(0, path.find('/'))}, {}});
}

std::optional<std::uint64_t> unsigned_of(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

struct Todo {
  const json::object* object;
  const Shape* shape;
  std::string path;
};

// The objects below are put on the list.
Good check_objects(const Property& property, const json::value& value, const std::string& path, std::vector<Todo>& todo) {
  if (property.kind == Kind::object) {
    if (!value.is_object()) return wrong(path, "must be an object");
    todo.push_back({&value.get_object(), property.shape, path});
    return {};
  }
  if (property.kind == Kind::list) {
    if (!value.is_array()) return wrong(path, "must be a list of objects");
    for (const auto& one : value.get_array()) {
      if (!one.is_object()) return wrong(path, "must be a list of objects");
      todo.push_back({&one.get_object(), property.shape, path});
    }
    return {};
  }
  if (!value.is_object()) return wrong(path, "must map ids to objects");
  for (const auto& entry : value.get_object()) {
    const std::string key(entry.key());
    if (property.kind == Kind::map && !is_id(key)) return wrong(path, "has a key that is no id: 1 to 255 letters, digits, - and _");
    if (!entry.value().is_object()) return wrong(path + "/" + key, "must be an object");
    todo.push_back({&entry.value().get_object(), property.shape, path + "/" + key});
  }
  return {};
}

Good check_value(const Property& property, const json::value& value, const std::string& path, std::vector<Todo>& todo) {
  switch (property.kind) {
    case Kind::text: return value.is_string() ? Good() : wrong(path, "must be a string");
    case Kind::number: return unsigned_of(value) ? Good() : wrong(path, "must be a whole number, not negative");
    case Kind::pref: {
      const auto number = unsigned_of(value);
      return number && *number >= 1 && *number <= 100 ? Good() : wrong(path, "must be a number from 1 to 100");
    }
    case Kind::boolean: return value.is_bool() ? Good() : wrong(path, "must be true or false");
    case Kind::utc: return value.is_string() && parse_utc_date(value.get_string()) ? Good() : wrong(path, "must be a time such as 2026-11-29T04:00:00Z");
    case Kind::set:
    case Kind::texts: {
      const bool set = property.kind == Kind::set;
      if (!value.is_object()) return wrong(path, set ? "must map texts to true" : "must map texts to texts");
      for (const auto& entry : value.get_object())
        if (set ? !entry.value().is_bool() || !entry.value().get_bool() : !entry.value().is_string()) return wrong(path, set ? "must map texts to true" : "must map texts to texts");
      return {};
    }
    default: return check_objects(property, value, path, todo);
  }
}

// What no type says.
Good check_more(const Todo& at) {
  const auto has = [&at](std::string_view property) { return at.object->contains(property); };
  // rfc:9553#2.2.1 "At least one of the components or full properties MUST be set"; an address may be a country alone.
  if (at.shape == &name && !has("components") && !has("full")) return wrong(at.path, "needs components or full");
  if (at.shape == &speak_to_as && !has("grammaticalGender") && !has("pronouns")) return wrong(at.path, "needs grammaticalGender or pronouns");
  if (at.shape == &organization && !has("name") && !has("units")) return wrong(at.path, "needs a name or units");
  if (at.shape == &service && !has("uri") && !has("user")) return wrong(at.path, "needs a uri or a user");
  if (at.shape == &date && !has("utc") && !has("year") && !has("month")) return wrong(at.path, "needs utc, a year or a month");
  return {};
}

Good check_one(const Todo& at, std::vector<Todo>& todo) {
  const auto below = [&at](std::string_view step) { return (at.path.empty() ? "" : at.path + "/") + std::string(step); };
  if (const auto* type = at.object->if_contains("@type")) {
    if (!type->is_string() || (!at.shape->type.empty() && std::string_view(type->get_string()) != at.shape->type)) return wrong(below("@type"), "must be \"" + std::string(at.shape->type) + "\"");
  }
  // rfc:9553#1.7.4
  if (at.object->contains("extra")) return wrong(below("extra"), "is a reserved name");
  for (const auto& property : at.shape->properties) {
    const auto* value = at.object->if_contains(property.name);
    const auto path = below(property.name);
    if (value == nullptr) {
      if (property.needed) return wrong(path, "is missing");
      continue;
    }
    if (auto good = check_value(property, *value, path, todo); !good) return good;
  }
  return check_more(at);
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

std::expected<void, SetError> check_card(const json::object& card) {
  std::vector<Todo> todo{{&card, &whole_card, ""}};
  while (!todo.empty()) {
    const auto at = std::move(todo.back());
    todo.pop_back();
    if (auto good = check_one(at, todo); !good) return good;
  }
  // rfc:9553#2.1.6 only groups have members.
  const auto* kind = card.if_contains("kind");
  if (card.contains("members") && (kind == nullptr || kind->get_string() != "group")) return wrong("members", "belong to cards of the kind group");
  const auto& version = card.at("version").get_string();
  if (version != "1.0" && version != "2.0") return wrong("version", "must be 1.0 or 2.0");
  if (card.at("uid").get_string().empty() || card.at("uid").get_string().size() > 1000) return wrong("uid", "must be of 1 to 1,000 octets");
  return {};
}

}  // namespace posthorn::jmap
