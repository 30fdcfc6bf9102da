// What was kept of a stored message's arrival, judged once more from it, and what was changed in the message on its way. That is
// looked for when somebody asks, not when mail comes: it may cost a thousand signatures.
#include <boost/json/parse.hpp>

#include "admin/operations.h"
#include "post/evidence.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

struct ReplayWork {
  json::object evidence;
  std::string message;
  post::Replay operator()() const { return post::replay(evidence, message); }
};

// What was kept of a message's arrival. By mailbox and UID, as a mail app shows them.
Task<Result<Response>> evidence(Context& context, Request request) {
  auto account = account_argument(context, request.arguments);
  if (!account) co_return fail(account.error());
  const auto uid = number_argument(request.arguments, "uid");
  if (!uid || *uid == 0 || *uid > 0xffffffff) co_return fail(Errc::invalid, "the argument \"uid\" is missing or no UID");
  const auto view = context.store.view(account->id);
  const auto name = text_argument_or(request.arguments, "mailbox", "INBOX");
  auto mailbox = view.mailbox(name);
  if (!mailbox) co_return fail(mailbox.error());
  if (!*mailbox) co_return fail(Errc::not_found, "there is no mailbox " + name, "See: posthorn account show ADDRESS");
  auto member = view.member((*mailbox)->id, Uid{static_cast<std::uint32_t>(*uid)});
  if (!member) co_return fail(member.error());
  if (!*member) co_return fail(Errc::not_found, "there is no message with UID " + std::to_string(*uid) + " in " + name);
  auto kept = view.evidence((*member)->email);
  if (!kept) co_return fail(kept.error());
  if (!*kept) co_return fail(Errc::not_found, "no evidence was kept for that message", "Mail that was imported or put there by a mail app has none");
  boost::system::error_code wrong;
  auto value = json::parse(**kept, wrong);
  if (wrong) co_return fail(Errc::corrupt, "the evidence of that message cannot be read");
  if (!value.is_object()) co_return fail(Errc::corrupt, "the evidence of that message cannot be read");
  auto bytes = view.message((*member)->email);
  if (!bytes) co_return fail(bytes.error());
  ReplayWork work{value.get_object(), std::move(*bytes)};
  const auto again = co_await context.store.workers().run(std::move(work));
  value.get_object()["altered"] = trust::altered::to_json(again.altered);
  value.get_object()["altered"].get_object()["text"] = trust::altered::describe(again.altered);
  value.get_object()["replayed"] = json::object{{"same", again.same}, {"why", again.why}};
  co_return in_payload(value);
}

}  // namespace

std::vector<NamedOperation> evidence_operations() { return {{"mail.evidence", evidence}}; }

}  // namespace posthorn::admin
