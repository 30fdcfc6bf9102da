#include "jmap/mail/support.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 3> collations = {"i;ascii-casemap", "i;unicode-casemap", "i;octet"};

}  // namespace

std::string state_of_type(const store::View& view, store::DataType type) { return state_text(view.states()[static_cast<std::size_t>(type)]); }

Expected<void> check_state(const std::optional<std::string>& asked, const store::View& view, store::DataType type) {
  if (asked && *asked != state_of_type(view, type)) return method_fail("stateMismatch", "The state is " + state_of_type(view, type) + " now.");
  return {};
}

void OwnCommits::tell(json::object& answer, const store::View& after) const {
  answer["newState"] = state_of_type(after, type_);
  bool alone = true;
  auto expected = number(at_);
  for (const auto commit : commits_) alone = alone && number(commit) == ++expected;
  alone = alone && number(after.modseq()) == expected;
  // Others' commits matter only if they touched this type: without any of ours the state itself tells.
  if (commits_.empty()) alone = state_of_type(after, type_) == old_;
  answer["oldState"] = alone ? json::value(old_) : json::value(nullptr);
}

Expected<store::History> history_since(const store::View& view, std::string_view state) {
  const auto position = store::parse_position(state);
  if (!position) return method_fail("cannotCalculateChanges", "That state is none of ours.");
  auto history = store::History::read(view, *position);
  if (!history) return std::unexpected(cannot_calculate(history.error()));
  return std::move(*history);
}

MethodError cannot_calculate(const Error& error) {
  if (error.code == Errc::not_found) return {"cannotCalculateChanges", "The changes since that state are not known any more."};
  return method_error(error);
}

Expected<void> check_properties(const GetRequest& request, std::span<const std::string_view> known) {
  for (const auto& name : request.properties.value_or(std::vector<std::string>()))
    if (std::ranges::find(known, std::string_view(name)) == known.end()) return method_fail("invalidArguments", "there is no property \"" + printable(name, 100) + "\"");
  return {};
}

json::object only_wanted(const GetRequest& request, json::object all) {
  if (!request.properties) return all;
  json::object out;
  out["id"] = all["id"];
  for (const auto& name : *request.properties) out[name] = all[name];
  return out;
}

Expected<QueryChangesRequest> read_query_changes_arguments(Arguments& arguments) {
  QueryChangesRequest out;
  JMAP_TRY(const auto since, arguments.text("sinceQueryState"));
  JMAP_TRY(const auto max, arguments.unsigned_integer("maxChanges"));
  JMAP_TRY(out.up_to, arguments.text("upToId"));
  JMAP_TRY(const auto total, arguments.boolean("calculateTotal"));
  if (!since) return method_fail("invalidArguments", "sinceQueryState is missing");
  if (max && *max == 0) return method_fail("invalidArguments", "maxChanges must be more than 0");
  out.since = *since;
  out.max = max.value_or(0);
  out.total = total.value_or(false);
  return out;
}

Expected<Window> read_window(Arguments& arguments) {
  Window out;
  JMAP_TRY(const auto position, arguments.integer("position"));
  JMAP_TRY(out.anchor, arguments.text("anchor"));
  JMAP_TRY(const auto offset, arguments.integer("anchorOffset"));
  JMAP_TRY(out.limit, arguments.unsigned_integer("limit"));
  JMAP_TRY(const auto total, arguments.boolean("calculateTotal"));
  out.position = position.value_or(0);
  out.anchor_offset = offset.value_or(0);
  out.calculate_total = total.value_or(false);
  return out;
}

Expected<std::size_t> window_start(const Window& window, std::size_t size, std::optional<std::size_t> anchor) {
  auto at = window.position;
  if (window.anchor) {
    if (!anchor) return method_fail("anchorNotFound", "The anchor is not among the results.");
    at = std::max<std::int64_t>(0, static_cast<std::int64_t>(*anchor) + window.anchor_offset);
  } else if (at < 0) {
    at = std::max<std::int64_t>(0, at + static_cast<std::int64_t>(size));
  }
  return static_cast<std::size_t>(at);
}

Expected<std::vector<Comparator>> read_sort(Arguments& arguments, std::span<const std::string_view> known) {
  std::vector<Comparator> out;
  const auto value = arguments.any("sort");
  if (!value || value->is_null()) return out;
  if (!value->is_array()) return method_fail("invalidArguments", "sort must be a list of comparators");
  if (value->get_array().size() > 20) return method_fail("unsupportedSort", "at most 20 comparators");
  for (const auto& one : value->get_array()) {
    const auto* object = one.if_object();
    const auto* property = object == nullptr ? nullptr : object->if_contains("property");
    if (property == nullptr || !property->is_string()) return method_fail("invalidArguments", "a comparator names a property");
    Comparator comparator;
    comparator.property = property->get_string();
    if (std::ranges::find(known, std::string_view(comparator.property)) == known.end())
      return method_fail("unsupportedSort", "nothing can be sorted by " + printable(comparator.property, 100));
    if (const auto* ascending = object->if_contains("isAscending")) {
      if (!ascending->is_bool()) return method_fail("invalidArguments", "isAscending must be true or false");
      comparator.ascending = ascending->get_bool();
    }
    if (const auto* collation = object->if_contains("collation"); collation != nullptr && !collation->is_null()) {
      if (!collation->is_string()) return method_fail("invalidArguments", "collation must be a string");
      if (std::ranges::find(collations, std::string_view(collation->get_string())) == collations.end()) return method_fail("unsupportedSort", "that collation is not known here");
    }
    if (const auto* keyword = object->if_contains("keyword"); keyword != nullptr && keyword->is_string()) {
      auto name = imap_keyword(keyword->get_string());
      if (!name) return method_fail("invalidArguments", name.error().what);
      comparator.keyword = std::move(*name);
    }
    out.push_back(std::move(comparator));
  }
  return out;
}

Answer query_answer(const Call& call, const Window& window, const std::vector<std::string>& ids, std::string state, bool can_calculate) {
  std::optional<std::size_t> anchor;
  if (window.anchor) {
    const auto found = std::ranges::find(ids, *window.anchor);
    if (found != ids.end()) anchor = static_cast<std::size_t>(found - ids.begin());
  }
  JMAP_TRY(const auto start, window_start(window, ids.size(), anchor));
  json::array some;
  for (auto i = start; i < ids.size() && (!window.limit || i - start < *window.limit); ++i) some.push_back(json::string(ids[i]));
  json::object out{{"accountId", account_text(call.account())},
                   {"queryState", std::move(state)},
                   {"canCalculateChanges", can_calculate},
                   {"position", some.empty() && start >= ids.size() ? std::min(start, ids.size()) : start},
                   {"ids", std::move(some)}};
  if (window.calculate_total) out["total"] = ids.size();
  return out;
}

std::string unescape_pointer(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) out += step[++i] == '0' ? '~' : '/';
    else out += step[i];
  }
  return out;
}

std::expected<std::vector<Patch>, SetError> read_patches(const json::object& patch) {
  const auto refuse = [](std::string why) { return std::unexpected(SetError{"invalidPatch", std::move(why), {}, {}}); };
  std::vector<Patch> out;
  for (const auto& [pointer, value] : patch) {
    const auto parts = split(std::string_view(pointer), '/');
    if (parts.size() > 2 || parts[0].empty()) return refuse("\"" + printable(pointer, 100) + "\" points at nothing that can be set");
    Patch one;
    one.property = unescape_pointer(parts[0]);
    if (parts.size() == 2) one.key = unescape_pointer(parts[1]);
    one.value = value;
    out.push_back(std::move(one));
  }
  // No pointer may be the beginning of another.
  for (const auto& whole : out)
    if (!whole.key && std::ranges::any_of(out, [&whole](const Patch& p) { return p.key && p.property == whole.property; }))
      return refuse("\"" + whole.property + "\" is set as a whole and in part");
  return out;
}

SetError invalid_properties(std::string description, std::vector<std::string> properties) {
  return SetError{"invalidProperties", std::move(description), std::move(properties), {}};
}

void log_fault(const Call& call, std::string_view method, const Error& error) {
  call.services.log.error("jmap.fault", {{"method", std::string(method)}, {"login", call.login.name}, {"why", error.text()}});
}

}  // namespace posthorn::jmap
