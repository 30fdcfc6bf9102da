// Operations on the queue: what waits, why, and what to do with it.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "admin/operations.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

std::string_view word(post::RecipientState state) {
  switch (state) {
    case post::RecipientState::waiting: return "waiting";
    case post::RecipientState::delivered: return "delivered";
    case post::RecipientState::relayed: return "relayed";
    case post::RecipientState::failed: return "failed";
  }
  return "waiting";
}

json::object shown(const post::Entry& e) {
  json::array recipients;
  for (const auto& r : e.recipients)
    recipients.push_back(json::object{{"address", r.to.recipient.text()}, {"state", word(r.state)}, {"attempts", r.attempts}, {"code", r.code},
                                      {"enhanced", r.enhanced}, {"answer", r.text}, {"host", r.remote}});
  return {{"id", post::text_of(e.id)},      {"from", e.from.reverse_path.text()}, {"login", e.login},       {"size", e.size},
          {"arrived", rfc3339(e.arrived)},  {"next_attempt", rfc3339(e.due)},     {"expires", rfc3339(e.expires)}, {"held", e.held},
          {"held_because", e.held_because}, {"attempts", e.rounds},               {"recipients", std::move(recipients)}};
}

Result<QueueId> queue_id(const json::object& arguments) {
  TRY_ASSIGN(const auto text, text_argument(arguments, "id"));
  const auto id = post::parse_queue_id(text);
  if (!id) return fail(Errc::invalid, "\"" + text + "\" is no queue id: it has 16 hexadecimal digits", "List them with: posthorn queue list");
  return *id;
}

Task<Result<Response>> list(Context& context, Request) {
  auto all = context.queue.list();
  if (!all) co_return fail(all.error());
  json::array out;
  for (const auto& one : *all) out.push_back(shown(one));
  co_return Response{std::move(out), {}};
}

Task<Result<Response>> show(Context& context, Request request) {
  auto id = queue_id(request.arguments);
  if (!id) co_return fail(id.error());
  auto entry = context.queue.find(*id);
  if (!entry) co_return fail(entry.error());
  if (!*entry) co_return fail(Errc::not_found, "there is no message " + post::text_of(*id) + " in the queue", "It may have been sent: see the log");
  auto told = shown(**entry);
  json::array tried;
  for (const auto& t : (*entry)->tried)
    tried.push_back(json::object{{"at", rfc3339(t.at)}, {"to", t.to}, {"host", t.remote}, {"tls", t.tls}, {"code", t.code}, {"answer", t.answer}});
  told["tried"] = std::move(tried);
  boost::system::error_code wrong;
  told["evidence"] = json::parse((*entry)->evidence.empty() ? "null" : (*entry)->evidence, wrong);
  Response out{std::move(told), {}};
  if (flag_argument(request.arguments, "message").value_or(false)) {
    auto message = context.queue.message(**entry);
    if (!message) co_return fail(message.error());
    out.payload = std::move(*message);
  }
  co_return std::move(out);
}

Task<Result<Response>> retry(Context& context, Request request) {
  std::vector<QueueId> ids;
  if (flag_argument(request.arguments, "all").value_or(false)) {
    auto all = context.queue.list();
    if (!all) co_return fail(all.error());
    for (const auto& one : *all) ids.push_back(one.id);
  } else {
    auto id = queue_id(request.arguments);
    if (!id) co_return fail(id.error());
    ids.push_back(*id);
  }
  for (const auto id : ids) {
    Status status;
    if (context.sender != nullptr) {
      status = co_await context.sender->retry(id);
    } else {
      status = co_await context.queue.release_and_retry(id);
    }
    if (!status && status.error().code != Errc::not_found) co_return fail(status.error());
    if (!status && ids.size() == 1) co_return fail(status.error());
  }
  co_return Response{json::object{{"retried", ids.size()}}, {}};
}

Task<Result<Response>> hold(Context& context, Request request) {
  auto id = queue_id(request.arguments);
  if (!id) co_return fail(id.error());
  auto status = co_await context.queue.hold(*id, text_argument_or(request.arguments, "because", "held by the administrator"));
  if (!status) co_return fail(status.error());
  co_return Response{json::object{{"held", post::text_of(*id)}}, {}};
}

Task<Result<Response>> drop(Context& context, Request request) {
  auto id = queue_id(request.arguments);
  if (!id) co_return fail(id.error());
  auto status = co_await context.queue.drop(*id);
  if (!status) co_return fail(status.error());
  co_return Response{json::object{{"dropped", post::text_of(*id)}}, {}};
}

}  // namespace

std::vector<NamedOperation> queue_operations() {
  return {{"queue.list", list}, {"queue.show", show}, {"queue.retry", retry}, {"queue.hold", hold}, {"queue.drop", drop}};
}

}  // namespace posthorn::admin
