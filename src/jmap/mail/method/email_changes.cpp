// Email/changes (RFC 8621 4.3), Thread/changes (3.2).
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

template <class Id>
struct Work {
  const Call* call;
  ChangesRequest request;
  Result<store::Delta<Id>> (store::History::*what)(std::size_t);

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    JMAP_TRY(auto history, history_since(view, request.since_state));
    const auto delta = (history.*what)(request.max == 0 ? most_changes : request.max);
    if (!delta) return std::unexpected(cannot_calculate(delta.error()));
    return changes_answer(*call, request, *delta, ids_json<Id>);
  }
};

template <class Id>
Expected<Work<Id>> read_request(Call& call, json::object json, Result<store::Delta<Id>> (store::History::*what)(std::size_t)) {
  Arguments arguments(call, std::move(json));
  Work<Id> work{&call, {}, what};
  JMAP_TRY(work.request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  return work;
}

}  // namespace

Task<Answer> email_changes(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments), &store::History::emails);
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

Task<Answer> thread_changes(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments), &store::History::threads);
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
