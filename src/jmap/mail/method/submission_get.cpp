// EmailSubmission/get, /changes, /query, /queryChanges (RFC 8621 7.1 to 7.4).
#include <algorithm>

#include "base/text.h"
#include "jmap/mail/listed.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/submission_json.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 4> sort_properties = {"emailId", "threadId", "sentAt", "sendAt"};

Answer get(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_get(call, arguments));
  JMAP_CHECK(arguments.finish());
  JMAP_CHECK(check_properties(request, submission_properties));
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto all, submissions(view));
  if (!request.ids && all.size() > call.services.limits.objects_in_get) return method_fail("requestTooLarge", "There are too many to get all at once.");
  const auto find = [](const std::vector<Submitted>& among, const std::string& id) { return std::ranges::find(among, submission_of(id).value_or(ObjectId{}), &Submitted::id); };
  return get_listed(call, request, all, find, submission_json, state_of_type(view, store::DataType::submission));
}

json::array ids_text(const std::vector<ObjectId>& ids) {
  json::array out;
  for (const auto id : ids) out.push_back(json::string(submission_id(id)));
  return out;
}

Answer changes(Call& call, Arguments arguments) {
  JMAP_TRY(const auto request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto delta, delta_of(view, store::DataType::submission, request.since_state, request.max == 0 ? most_changes : request.max));
  return changes_answer(call, request, delta, ids_text);
}

struct Query {
  ConditionTree filter;
  std::vector<Comparator> sort;
};

Status check(const json::object& condition) {
  for (const auto& [name, value] : condition) {
    const bool list = name == "identityIds" || name == "emailIds" || name == "threadIds", date = name == "before" || name == "after";
    if (!list && !date && name != "undoStatus") return fail(Errc::unsupported, "there is no filter condition \"" + printable(name, 100) + "\"");
    const bool strings = value.is_array() && std::ranges::all_of(value.get_array(), [](const json::value& one) { return one.is_string(); });
    const bool good = list ? strings : date ? value.is_string() && parse_utc_date(value.get_string()) : value.is_string();
    if (!good) return fail(Errc::invalid, std::string(name) + " has a value of the wrong type");
  }
  return {};
}

bool matches(const Submitted& one, const json::object& condition) {
  const auto& r = one.record;
  const auto among = [](const json::value& list, const std::string& id) { return std::ranges::any_of(list.get_array(), [&id](const json::value& v) { return std::string_view(v.get_string()) == id; }); };
  for (const auto& [name, value] : condition) {
    bool good = true;
    if (name == "identityIds") good = among(value, r.identity);
    else if (name == "emailIds") good = among(value, store::object_id(r.email));
    else if (name == "threadIds") good = among(value, store::object_id(r.thread));
    else if (name == "undoStatus") good = name_of(r.undo) == std::string_view(value.get_string());
    else if (name == "before") good = r.send_at < *parse_utc_date(value.get_string());
    else if (name == "after") good = r.send_at >= *parse_utc_date(value.get_string());
    if (!good) return false;
  }
  return true;
}

Expected<Query> read_query(Arguments& arguments) {
  Query out;
  JMAP_TRY(out.filter, read_conditions(arguments, check));
  JMAP_TRY(out.sort, read_sort(arguments, sort_properties));
  return out;
}

Expected<std::vector<std::string>> run(const Query& query, const store::View& view) {
  JMAP_TRY(auto all, submissions(view));
  std::erase_if(all, [&query](const Submitted& one) { return !query.filter.matches([&one](const json::object& condition) { return matches(one, condition); }); });
  std::sort(all.begin(), all.end(), [&query](const Submitted& a, const Submitted& b) {
    for (const auto& by : query.sort) {
      const auto order = by.property == "emailId" ? a.record.email <=> b.record.email : by.property == "threadId" ? a.record.thread <=> b.record.thread : a.record.send_at.time_since_epoch().count() <=> b.record.send_at.time_since_epoch().count();
      if (order != 0) return (order < 0) == by.ascending;
    }
    return a.id > b.id;
  });
  std::vector<std::string> out;
  for (const auto& one : all) out.push_back(submission_id(one.id));
  return out;
}

Answer query(Call& call, Arguments arguments) {
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto wanted, read_query(arguments));
  JMAP_TRY(const auto window, read_window(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto ids, run(wanted, view));
  return query_answer(call, window, ids, state_of_type(view, store::DataType::submission), true);
}

Answer query_changes(Call& call, Arguments arguments) {
  JMAP_CHECK(arguments.account());
  JMAP_TRY(const auto wanted, read_query(arguments));
  JMAP_TRY(const auto asked, read_query_changes_arguments(arguments));
  JMAP_CHECK(arguments.finish());
  const auto view = call.services.store.view(call.account());
  JMAP_TRY(const auto delta, delta_of(view, store::DataType::submission, asked.since, static_cast<std::size_t>(-1)));
  JMAP_TRY(const auto results, run(wanted, view));
  ChangedIds changed{ids_text(delta.created), ids_text(delta.updated), ids_text(delta.destroyed)};
  return query_changes_answer(call, asked, std::move(changed), results, state_of_type(view, store::DataType::submission));
}

}  // namespace

Task<Answer> submission_get(Call& call, json::object arguments) { return later(call, std::move(arguments), get); }
Task<Answer> submission_changes(Call& call, json::object arguments) { return later(call, std::move(arguments), changes); }
Task<Answer> submission_query(Call& call, json::object arguments) { return later(call, std::move(arguments), query); }
Task<Answer> submission_query_changes(Call& call, json::object arguments) { return later(call, std::move(arguments), query_changes); }

}  // namespace posthorn::jmap
