// Blob/lookup (RFC 9404 section 4.3): which objects a blob belongs to. An upload belongs to none: an Email that is made of it has its own.
#include <algorithm>

#include "base/text.h"
#include "jmap/blob/methods.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct LookupWork {
  const store::Store* store = nullptr;
  AccountId account{};
  std::vector<std::string> ids, types;

  json::value matches(const store::ShownEmail& email, const std::string& type) const {
    if (type == "Email") return json::array{store::object_id(email.email.id)};
    if (type == "Thread") return json::array{store::object_id(email.email.thread)};
    json::array out;
    for (const auto mailbox : email.mailboxes) out.emplace_back(store::object_id(mailbox));
    return out;
  }

  Result<json::object> operator()() const {
    const auto view = store->view(account);
    json::array list, not_found;
    for (const auto& id : ids) {
      TRY_ASSIGN(const auto blob, read_blob(*store, account, id));
      if (!blob) {
        not_found.emplace_back(id);
        continue;
      }
      std::optional<store::ShownEmail> email;
      if (const auto named = email_of_blob(id)) {
        TRY_ASSIGN(email, view.shown(*named));
      }
      json::object matched;
      for (const auto& type : types) matched[type] = email ? matches(*email, type) : json::value(json::array());
      list.push_back(json::object{{"id", id}, {"matchedIds", std::move(matched)}});
    }
    return json::object{{"accountId", account_text(account)}, {"list", std::move(list)}, {"notFound", std::move(not_found)}};
  }
};

}  // namespace

Task<Answer> blob_lookup(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  if (auto good = arguments.account(); !good) co_return std::unexpected(good.error());
  auto types = arguments.texts("typeNames"), ids = arguments.texts("ids");
  if (!types) co_return std::unexpected(types.error());
  if (!ids) co_return std::unexpected(ids.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  if (!*types || !*ids) co_return method_fail("invalidArguments", "typeNames and ids are both needed");
  if ((*ids)->size() > call.services.limits.objects_in_get) co_return method_fail("requestTooLarge", "At most " + std::to_string(call.services.limits.objects_in_get) + " ids at once.");
  for (const auto& type : **types)
    if (type != "Email" && type != "Thread" && type != "Mailbox") co_return method_fail("unknownDataType", "Blobs of " + printable(type, 100) + " cannot be looked up.");
  LookupWork work{&call.services.store, call.account(), {}, std::move(**types)};
  for (const auto& id : **ids) work.ids.push_back(call.resolve(id).value_or(id));
  auto answer = co_await call.services.store.workers().run(std::move(work));
  if (!answer) co_return std::unexpected(method_error(answer.error()));
  co_return std::move(*answer);
}

}  // namespace posthorn::jmap
