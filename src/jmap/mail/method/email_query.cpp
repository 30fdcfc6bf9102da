// Email/query (RFC 8621 4.4).
#include "jmap/mail/email_query.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Work {
  const Call* call;
  EmailQuery query;
  Window window;
  bool clamped = false;

  Answer operator()() const {
    JMAP_TRY(const auto lease, call->services.catalogs->open(call->account()));
    EmailQueryRun run(*call, query, lease);
    JMAP_TRY(const auto found, run.window(window));
    json::object out{{"accountId", account_text(call->account())},
                     {"queryState", state_of_type(lease.view, store::DataType::email)},
                     {"canCalculateChanges", query.filter.need() == FilterNeed::row},
                     {"position", found.position},
                     {"ids", ids_json(found.ids)}};
    if (window.calculate_total && found.total) out["total"] = *found.total;
    if (clamped) out["limit"] = *window.limit;
    return out;
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Work work{&call, {}, {}, false};
  JMAP_TRY(work.query, read_email_query(arguments));
  JMAP_TRY(work.window, read_window(arguments));
  JMAP_CHECK(arguments.finish());
  // rfc:8620#5.5 "The server MAY choose to enforce a maximum limit argument"
  const auto most = call.services.ids_in_query;
  work.clamped = work.window.limit.value_or(most + 1) > most;
  if (work.clamped) work.window.limit = most;
  return work;
}

}  // namespace

Task<Answer> email_query(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
