// Mailbox/query and Mailbox/queryChanges (RFC 8621 2.3, 2.4).
#include "jmap/mail/listed.h"
#include "jmap/mail/mailbox_query.h"
#include "jmap/mail/methods.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

Expected<MailboxTree> tree_of(const store::View& view) {
  JMAP_TRY(auto mailboxes, view.mailboxes());
  return MailboxTree(std::move(mailboxes));
}

struct Query {
  const Call* call;
  MailboxQuery query;
  Window window;

  Answer operator()() const {
    const auto view = call->services.store.view(call->account());
    JMAP_TRY(const auto tree, tree_of(view));
    // As a tree one mailbox moves others.
    return query_answer(*call, window, run(query, tree), state_of_type(view, store::DataType::mailbox), !query.sort_as_tree && !query.filter_as_tree);
  }
};

struct QueryChanges {
  const Call* call;
  MailboxQuery query;
  QueryChangesRequest asked;

  Answer operator()() const {
    if (query.sort_as_tree || query.filter_as_tree) return method_fail("cannotCalculateChanges", "Changes of a tree are not calculated.");
    const auto view = call->services.store.view(call->account());
    JMAP_TRY(auto history, history_since(view, asked.since));
    const auto delta = history.mailboxes(static_cast<std::size_t>(-1));
    if (!delta) return std::unexpected(cannot_calculate(delta.error()));
    JMAP_TRY(const auto tree, tree_of(view));
    ChangedIds changed{ids_json(delta->created), ids_json(delta->updated), ids_json(delta->destroyed)};
    return query_changes_answer(*call, asked, std::move(changed), run(query, tree), state_of_type(view, store::DataType::mailbox));
  }
};

Expected<Query> read_query(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Query out{&call, {}, {}};
  JMAP_TRY(out.query, read_mailbox_query(arguments));
  JMAP_TRY(out.window, read_window(arguments));
  JMAP_CHECK(arguments.finish());
  return out;
}

Expected<QueryChanges> read_query_changes(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  QueryChanges out{&call, {}, {}};
  JMAP_TRY(out.query, read_mailbox_query(arguments));
  JMAP_TRY(out.asked, read_query_changes_arguments(arguments));
  JMAP_CHECK(arguments.finish());
  return out;
}

}  // namespace

Task<Answer> mailbox_query(Call& call, json::object arguments) {
  auto work = read_query(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

Task<Answer> mailbox_query_changes(Call& call, json::object arguments) {
  auto work = read_query_changes(call, std::move(arguments));
  if (!work) co_return std::unexpected(work.error());
  co_return co_await on_worker(call, std::move(*work));
}

}  // namespace posthorn::jmap
