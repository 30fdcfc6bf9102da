// Mailbox/changes (RFC 8621 2.2).
#include "jmap/mail/methods.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Work {
  const Call* call;
  ChangesRequest request;

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    JMAP_TRY(auto history, history_since(view, request.since_state));
    const auto delta = history.mailboxes(request.max == 0 ? most_changes : request.max);
    if (!delta) return std::unexpected(cannot_calculate(delta.error()));
    auto out = changes_answer(*call, request, *delta, ids_json<MailboxId>);
    const bool counts = delta->only_counts && !delta->updated.empty();
    out["updatedProperties"] = counts ? json::value(json::array{"totalEmails", "unreadEmails", "totalThreads", "unreadThreads"}) : json::value(nullptr);
    return out;
  }
};

Expected<Work> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Work work{&call, {}};
  JMAP_TRY(work.request, read_changes(arguments));
  JMAP_CHECK(arguments.finish());
  return work;
}

}  // namespace

Task<Answer> mailbox_changes(Call& call, json::object arguments) {
  auto work = read_request(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
