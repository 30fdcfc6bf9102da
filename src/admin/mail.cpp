// Operations on stored mail: import one message, read it back for export, verify everything.
#include <boost/json/array.hpp>

#include "admin/operations.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

std::vector<std::string> texts(const json::object& arguments, std::string_view name) {
  std::vector<std::string> out;
  const auto* list = arguments.if_contains(json::string_view(name.data(), name.size()));
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& one : list->get_array())
    if (one.is_string()) out.emplace_back(one.get_string().data(), one.get_string().size());
  return out;
}

// The row that says "this message was imported": it is committed with the message, so an import that was broken off anywhere can be
// run again and takes each message exactly once.
std::string import_row(AccountId account, std::string_view key) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((number(account) >> shift) & 0xff);
  return out + "import:" + std::string(key);
}

Task<Result<MailboxId>> target_mailbox(Context& context, AccountId account, std::string name) {
  auto mailbox = context.store.view(account).mailbox(name);
  if (!mailbox) co_return fail(mailbox.error());
  if (*mailbox) co_return (*mailbox)->id;
  auto made = co_await context.store.create_mailbox(account, name);
  if (!made) co_return fail(made.error());
  co_return made->id;
}

// payload: the message. "key": who imports names each message by one; a message of a known key is left out. A mailbox that is not
// there is made.
Task<Result<Response>> import_message(Context& context, Request request) {
  auto account = account_argument(context, request.arguments);
  if (!account) co_return fail(account.error());
  const auto key = text_argument_or(request.arguments, "key", "");
  const auto row = import_row(account->id, key);
  const auto known = key.empty() ? std::optional<std::string>() : context.store.snapshot()->get(store::Space::object, row).value_or(std::nullopt);
  if (known) co_return Response{json::object{{"imported", false}}, {}};
  auto target = co_await target_mailbox(context, account->id, text_argument_or(request.arguments, "mailbox", "INBOX"));
  if (!target) co_return fail(target.error());
  auto prepared = context.store.prepare(request.payload);
  if (!prepared) co_return fail(prepared.error());
  auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
  auto staged = co_await context.store.stage(shared);
  if (!staged) co_return fail(staged.error());
  const auto millis = number_argument(request.arguments, "received_ms");
  const WallTime received = millis ? WallTime(std::chrono::milliseconds(*millis)) : context.store.clock().now();
  const auto flags = texts(request.arguments, "flags");
  const auto id = account->id;
  const auto& store = context.store;
  store::Work work = [&](store::Transaction& tx) -> Status {
    if (auto added = store.append(tx, id, *target, *shared, flags, received); !added) return fail(added.error());
    if (!key.empty()) tx.put(store::Space::object, row, "\x01");
    return {};
  };
  auto done = co_await context.store.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const AccountId touched[] = {id};
  context.store.committed(touched);
  co_return Response{json::object{{"imported", true}}, {}};
}

Task<Result<Response>> list_messages(Context& context, Request request) {
  auto account = account_argument(context, request.arguments);
  if (!account) co_return fail(account.error());
  const auto view = context.store.view(account->id);
  auto name = text_argument(request.arguments, "mailbox");
  if (!name) co_return fail(name.error());
  auto mailbox = view.mailbox(*name);
  if (!mailbox) co_return fail(mailbox.error());
  if (!*mailbox) co_return fail(Errc::not_found, "there is no mailbox " + *name);
  auto members = view.members((*mailbox)->id);
  auto keywords = view.keywords();
  if (!members) co_return fail(members.error());
  if (!keywords) co_return fail(keywords.error());
  json::array out;
  for (const auto& m : *members) {
    json::array flags;
    for (const auto& flag : keywords->text(m.flags)) flags.push_back(json::value(flag));
    out.push_back(json::object{{"uid", number(m.uid)}, {"email", number(m.email)}, {"flags", std::move(flags)}});
  }
  co_return Response{std::move(out), {}};
}

Task<Result<Response>> read_message(Context& context, Request request) {
  auto account = account_argument(context, request.arguments);
  if (!account) co_return fail(account.error());
  const auto email = number_argument(request.arguments, "email");
  if (!email) co_return fail(Errc::invalid, "the argument \"email\" is missing");
  const auto view = context.store.view(account->id);
  auto record = view.email(EmailId{*email});
  if (!record) co_return fail(record.error());
  if (!*record) co_return fail(Errc::not_found, "there is no email " + std::to_string(*email));
  auto bytes = view.message(EmailId{*email});
  if (!bytes) co_return fail(bytes.error());
  co_return Response{json::object{{"received_ms", (*record)->received.time_since_epoch().count()}}, std::move(*bytes)};
}

Task<Result<Response>> verify(Context& context, Request) {
  auto progress = [&context](std::uint64_t now, std::uint64_t total) {
    if (context.progress) context.progress(json::object{{"done", now}, {"total", total}});
  };
  auto found = context.store.verify(progress);
  if (!found) co_return fail(found.error());
  json::array problems;
  for (const auto& one : *found) problems.push_back(json::value(one));
  const bool good = problems.empty();
  co_return Response{json::object{{"good", good}, {"problems", std::move(problems)}}, {}};
}

Task<Result<Response>> collect_garbage(Context& context, Request) {
  auto status = co_await context.store.collect_garbage();
  if (!status) co_return fail(status.error());
  co_return Response{json::object{{"done", true}}, {}};
}

}  // namespace

std::vector<NamedOperation> mail_operations() {
  return {{"mail.import", import_message}, {"mail.list", list_messages}, {"mail.read", read_message}, {"store.verify", verify},
          {"store.collect-garbage", collect_garbage}};
}

}  // namespace posthorn::admin
