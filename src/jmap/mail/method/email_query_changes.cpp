// Email/queryChanges (RFC 8621 4.5, RFC 8620 5.6). What nobody touched keeps its order among its like, so it is enough to take out what
// may have been touched and to put it back where it is now. With collapsed threads, or keywords of threads in the query, touching one
// Email may move the others of its thread.
#include <boost/unordered/unordered_flat_set.hpp>

#include "jmap/mail/email_query.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
using IdSet = boost::unordered_flat_set<std::uint64_t>;

struct Work {
  const Call* call;
  EmailQuery query;
  std::string since;
  std::uint64_t max = 0;
  std::optional<std::string> up_to;
  bool total = false;

  bool by_threads() const {
    return query.collapse || query.filter.uses_threads() || std::ranges::any_of(query.sort, [](const Comparator& c) { return c.property.ends_with("InThreadHaveKeyword"); });
  }
  bool by_keywords() const {
    return query.filter.uses_keywords() || std::ranges::any_of(query.sort, [](const Comparator& c) { return c.property.ends_with("Keyword"); });
  }

  struct Touched {
    std::vector<EmailId> removed;  // of those that may have been in the old results
    IdSet all;
  };
  Expected<Touched> touched(const store::View& view, const store::Catalog& catalog) const {
    JMAP_TRY(auto history, history_since(view, since));
    const auto list = history.touched();
    if (!list) return std::unexpected(cannot_calculate(list.error()));
    Touched out;
    std::map<EmailId, bool> existed;
    for (const auto& one : *list) existed[one.id] = one.existed;
    const auto add = [&](EmailId id) {
      const auto known = existed.find(id);
      const bool was_there = known == existed.end() || known->second;
      if (out.all.insert(number(id)).second && was_there) out.removed.push_back(id);
    };
    for (const auto& one : *list) {
      if (!one.moved && !by_keywords()) continue;
      if (one.existed || one.exists) add(one.id);
      if (by_threads()) catalog.each_in_thread(one.thread, [&](const store::Catalog::Row& row) { add(row.id); });
    }
    return out;
  }

  Answer operator()() const {
    if (query.filter.need() != FilterNeed::row) return method_fail("cannotCalculateChanges", "Changes of a search by text are not calculated.");
    JMAP_TRY(const auto lease, call->services.catalogs->open(call->account()));
    JMAP_TRY(const auto touched_now, touched(lease.view, *lease.catalog));
    EmailQueryRun run(*call, query, lease);
    JMAP_TRY(const auto results, run.all());
    json::array added;
    // rfc:8620#5.6 behind upToId nothing need be told, if nothing in the query can change but by coming and going.
    const auto last = up_to && !by_keywords() && !by_threads() ? store::email_id_of(*up_to) : std::nullopt;
    bool beyond = false;
    const bool has_last = last && std::ranges::any_of(results, [&](auto index) { return lease.catalog->row(index).id == *last; });
    for (std::size_t i = 0; i < results.size() && !beyond; ++i) {
      const auto id = lease.catalog->row(results[i]).id;
      if (touched_now.all.contains(number(id))) added.push_back(json::object{{"id", store::object_id(id)}, {"index", i}});
      beyond = has_last && id == *last;
    }
    if (max != 0 && added.size() + touched_now.removed.size() > max) return method_fail("tooManyChanges", "There are more changes than maxChanges; query anew.");
    json::object out{{"accountId", account_text(call->account())},
                     {"oldQueryState", since},
                     {"newQueryState", state_of_type(lease.view, store::DataType::email)},
                     {"removed", ids_json(touched_now.removed)},
                     {"added", std::move(added)}};
    if (total) out["total"] = results.size();
    return out;
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Work work{&call, {}, {}, 0, {}, false};
  JMAP_TRY(work.query, read_email_query(call, arguments));
  JMAP_TRY(const auto changes, read_query_changes_arguments(arguments));
  JMAP_CHECK(arguments.finish());
  work.since = changes.since;
  work.max = changes.max;
  work.up_to = changes.up_to;
  work.total = changes.total;
  return work;
}

}  // namespace

Task<Answer> email_query_changes(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
