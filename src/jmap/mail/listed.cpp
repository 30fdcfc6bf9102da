#include "jmap/mail/listed.h"

#include <boost/json/array.hpp>
#include <set>

namespace posthorn::jmap {

namespace json = boost::json;

namespace {

struct Work {
  Call* call;
  json::object json;
  Answer (*run)(Call&, Arguments);
  Answer operator()() { return run(*call, Arguments(*call, std::move(json))); }
};

}  // namespace

Task<Answer> later(Call& call, json::object arguments, Answer (*run)(Call&, Arguments)) {
  Work work{&call, std::move(arguments), run};
  co_return co_await on_worker(call, std::move(work));
}

Expected<store::Delta<ObjectId>> delta_of(const store::View& view, store::DataType type, std::string_view since, std::size_t most) {
  JMAP_TRY(auto history, history_since(view, since));
  auto delta = history.objects(type, most);
  if (!delta) return std::unexpected(cannot_calculate(delta.error()));
  return std::move(*delta);
}

Expected<ConditionTree> read_conditions(Arguments& arguments, const std::function<Status(const json::object&)>& check) {
  const auto value = arguments.any("filter");
  if (!value) return ConditionTree();
  auto filter = ConditionTree::parse(*value, check);
  if (!filter) return method_fail(filter.error().code == Errc::invalid ? "invalidArguments" : "unsupportedFilter", filter.error().what);
  return std::move(*filter);
}

Answer query_changes_answer(const Call& call, const QueryChangesRequest& asked, ChangedIds changed, const std::vector<std::string>& results, std::string state) {
  auto removed = std::move(changed.updated);
  removed.insert(removed.end(), changed.destroyed.begin(), changed.destroyed.end());
  std::set<std::string_view> touched;
  for (const auto* const ids : {&removed, &changed.created})
    for (const auto& one : *ids) touched.insert(std::string_view(one.get_string()));
  json::array added;
  for (std::size_t i = 0; i < results.size(); ++i)
    if (touched.contains(results[i])) added.push_back(json::object{{"id", results[i]}, {"index", i}});
  if (asked.max != 0 && added.size() + removed.size() > asked.max) return method_fail("tooManyChanges", "There are more changes than maxChanges; query anew.");
  json::object out{{"accountId", account_text(call.account())}, {"oldQueryState", asked.since}, {"newQueryState", std::move(state)}, {"removed", std::move(removed)}, {"added", std::move(added)}};
  if (asked.total) out["total"] = results.size();
  return out;
}

}  // namespace posthorn::jmap
