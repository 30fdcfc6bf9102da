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
  // From the first step on, when the work moves no more.
  std::optional<store::Catalogs::Lease> lease{};
  std::optional<EmailQueryRun> run{};

  std::optional<Answer> step() {
    auto done = look();
    if (!done) return Answer(std::unexpected(std::move(done.error())));
    if (!*done) return std::nullopt;
    return Answer(tell(**done));
  }

 private:
  Expected<std::optional<EmailQueryRun::Found>> look() {
    if (!run) {
      JMAP_TRY(auto opened, call->services.catalogs->open(call->account()));
      lease.emplace(std::move(opened));
      run.emplace(*call, query, *lease);
    }
    return run->window(window);
  }
  json::object tell(const EmailQueryRun::Found& found) const {
    json::object out{{"accountId", account_text(call->account())},
                     {"queryState", state_of_type(lease->view, store::DataType::email)},
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
  JMAP_TRY(work.query, read_email_query(call, arguments));
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
  co_return co_await on_worker_in_steps(call, std::move(*work));
}

}  // namespace posthorn::jmap
