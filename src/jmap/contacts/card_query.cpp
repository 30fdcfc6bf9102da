#include "jmap/contacts/card_query.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"
#include "mail/fold.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr std::size_t most_terms = 20;
constexpr std::array<std::string_view, 6> sort_properties = {"created", "updated", "name/given", "name/surname", "name/surname2", "name/full"};

// Where the words of a condition are looked for: texts of the objects that a property holds.
struct Place {
  std::string_view condition, property;
  std::array<std::string_view, 4> texts;
  bool components = false;
};
constexpr Place places[] = {
    {"nickname", "nicknames", {"name"}},
    {"organization", "organizations", {"name"}},
    {"email", "emails", {"address", "label"}},
    {"phone", "phones", {"number", "label"}},
    {"onlineService", "onlineServices", {"service", "uri", "user", "label"}},
    {"address", "addresses", {"full"}, true},
    {"note", "notes", {"note"}},
};

constexpr std::string_view name_conditions[] = {"name", "name/given", "name/surname", "name/surname2"};

const json::object* object_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

void add_components(const json::object& object, std::string_view kind, std::vector<std::string_view>& to) {
  const auto* list = object.if_contains("components");
  if (list == nullptr || !list->is_array()) return;
  for (const auto& one : list->get_array())
    if (one.is_object() && (kind.empty() || text_at(one.get_object(), "kind") == kind)) to.push_back(text_at(one.get_object(), "value"));
}

void add_name(const json::object& card, std::string_view condition, std::vector<std::string_view>& to) {
  const auto* name = object_of(card, "name");
  if (name == nullptr) return;
  const auto slash = condition.find('/');
  add_components(*name, slash == std::string_view::npos ? std::string_view() : condition.substr(slash + 1), to);
  if (slash == std::string_view::npos) to.push_back(text_at(*name, "full"));
}

void add_place(const json::object& card, const Place& place, std::vector<std::string_view>& to) {
  const auto* all = object_of(card, place.property);
  if (all == nullptr) return;
  for (const auto& entry : *all) {
    const auto* one = entry.value().if_object();
    if (one == nullptr) continue;
    for (const auto name : place.texts)
      if (!name.empty()) to.push_back(text_at(*one, name));
    if (place.components) add_components(*one, {}, to);
  }
}

// Each term in one of the texts.
bool all_found(const std::vector<std::string_view>& texts, std::string_view wanted) {
  const auto terms = search_terms(wanted);
  std::vector<std::string> folded;
  for (const auto text : texts) folded.push_back(mail::folded(text));
  return std::ranges::all_of(terms, [&folded](const std::string& term) { return std::ranges::any_of(folded, [&term](const std::string& text) { return text.contains(term); }); });
}

std::optional<WallTime> time_of(const json::object& card, std::string_view name) { return parse_utc_date(text_at(card, name)); }

bool is_date(std::string_view name) { return name == "createdBefore" || name == "createdAfter" || name == "updatedBefore" || name == "updatedAfter"; }

bool date_fits(const json::object& card, std::string_view condition, std::string_view value) {
  const auto time = time_of(card, condition.starts_with("created") ? "created" : "updated"), limit = parse_utc_date(value);
  if (!time || !limit) return false;
  return condition.ends_with("Before") ? *time < *limit : *time >= *limit;
}

bool fits(const Card& card, std::string_view condition, std::string_view value) {
  if (condition == "inAddressBook") return is_in(card, value);
  if (condition == "uid" || condition == "kind") return text_at(card.json, condition) == value;
  if (condition == "hasMember") {
    const auto* members = object_of(card.json, "members");
    return members != nullptr && members->contains(value);
  }
  if (is_date(condition)) return date_fits(card.json, condition, value);
  std::vector<std::string_view> texts;
  if (condition == "text" || std::ranges::find(name_conditions, condition) != std::end(name_conditions)) add_name(card.json, condition == "text" ? "name" : condition, texts);
  for (const auto& place : places)
    if (condition == "text" || condition == place.condition) add_place(card.json, place, texts);
  return all_found(texts, value);
}

bool is_known(std::string_view name) {
  constexpr std::string_view others[] = {"inAddressBook", "uid", "hasMember", "kind", "text"};
  return std::ranges::find(others, name) != std::end(others) || is_date(name) || std::ranges::find(name_conditions, name) != std::end(name_conditions) ||
         std::ranges::find(places, name, &Place::condition) != std::end(places);
}

Status check(const json::object& condition) {
  for (const auto& [name, value] : condition) {
    if (!is_known(name)) return fail(Errc::unsupported, "there is no filter condition \"" + printable(name, 100) + "\"");
    if (!value.is_string()) return fail(Errc::invalid, std::string(name) + " must be a string");
    if (is_date(name) && !parse_utc_date(value.get_string())) return fail(Errc::invalid, std::string(name) + " must be a time such as 2026-11-29T04:00:00Z");
  }
  return {};
}

bool matches(const Card& card, const json::object& condition) {
  return std::ranges::all_of(condition, [&card](const auto& entry) { return fits(card, entry.key(), entry.value().get_string()); });
}

// What a card is sorted by; times are texts that sort as they are once they are of one form.
std::string key_of(const Card& card, const std::string& property) {
  if (property == "created" || property == "updated") {
    const auto time = time_of(card.json, property);
    return time ? utc_date(*time) : std::string();
  }
  if (property == "name/full") return mail::folded(full_name(card.json));
  std::vector<std::string_view> texts;
  add_name(card.json, property, texts);
  return texts.empty() ? std::string() : mail::folded(texts.front());
}

}  // namespace

std::vector<std::string> search_terms(std::string_view text) {
  std::vector<std::string> out;
  std::string term;
  char quote = 0;
  const auto end_term = [&] {
    if (!term.empty() && out.size() < most_terms) out.push_back(mail::folded(term));
    term.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = quote != 0 && c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\'' || text[i + 1] == '\\');
    if (escapes) term += text[++i];
    else if (c == quote) end_term(), quote = 0;
    // An apostrophe within a word is none that opens a phrase, and a quote without its end is an ordinary letter.
    else if (quote == 0 && term.empty() && (c == '"' || c == '\'') && text.find(c, i + 1) != std::string_view::npos) quote = c;
    else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) end_term();
    else term += c;
  }
  end_term();
  return out;
}

std::string full_name(const json::object& card) {
  const auto* name = object_of(card, "name");
  if (name == nullptr) return {};
  if (const auto full = text_at(*name, "full"); !full.empty()) return std::string(full);
  std::vector<std::string_view> parts;
  add_components(*name, {}, parts);
  std::string out;
  for (const auto part : parts) out += (out.empty() ? "" : " ") + std::string(part);
  return out;
}

Expected<CardQuery> read_card_query(Arguments& arguments) {
  CardQuery out;
  JMAP_TRY(out.filter, read_conditions(arguments, check));
  JMAP_TRY(out.sort, read_sort(arguments, sort_properties));
  return out;
}

std::vector<std::string> run(const CardQuery& query, const std::vector<Card>& cards) {
  struct Found {
    const Card* card;
    std::vector<std::string> keys;
  };
  std::vector<Found> found;
  for (const auto& card : cards) {
    if (!query.filter.matches([&card](const json::object& condition) { return matches(card, condition); })) continue;
    Found one{&card, {}};
    for (const auto& by : query.sort) one.keys.push_back(key_of(card, by.property));
    found.push_back(std::move(one));
  }
  std::ranges::sort(found, [&query](const Found& a, const Found& b) {
    for (std::size_t i = 0; i < query.sort.size(); ++i)
      if (a.keys[i] != b.keys[i]) return (a.keys[i] < b.keys[i]) == query.sort[i].ascending;
    return a.card->id < b.card->id;
  });
  std::vector<std::string> out;
  for (const auto& one : found) out.push_back(card_id(one.card->id));
  return out;
}

}  // namespace posthorn::jmap
