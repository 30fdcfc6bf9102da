// Blob/copy (RFC 8620 section 6.3). Everyone has one account here, so that only copies within it are possible: the blob is there already.
#include "base/text.h"
#include "jmap/blob/methods.h"

namespace posthorn::jmap {

namespace json = boost::json;

Task<Answer> blob_copy(Call& call, json::object given) {
  Arguments arguments(call, std::move(given));
  auto from = arguments.text("fromAccountId");
  if (!from) co_return std::unexpected(from.error());
  if (!*from || account_of(**from) != call.account()) co_return method_fail("fromAccountNotFound", "There is no such account to copy from.");
  if (auto good = arguments.account(); !good) co_return std::unexpected(good.error());
  auto ids = arguments.texts("blobIds");
  if (!ids) co_return std::unexpected(ids.error());
  if (auto good = arguments.finish(); !good) co_return std::unexpected(good.error());
  if (!*ids) co_return method_fail("invalidArguments", "blobIds is missing");
  if ((*ids)->size() > call.services.limits.objects_in_set) co_return method_fail("requestTooLarge", "At most " + std::to_string(call.services.limits.objects_in_set) + " blobs at once.");
  json::object copied, not_copied;
  for (const auto& id : **ids) {
    auto blob = co_await read_later(call.services, call.account(), id);
    if (!blob) co_return std::unexpected(method_error(blob.error()));
    if (*blob) copied[id] = id;
    else not_copied[id] = to_json(SetError{"notFound", "there is no such blob", {}, {}});
  }
  const auto or_null = [](json::object& some) { return some.empty() ? json::value(nullptr) : json::value(std::move(some)); };
  co_return json::object{{"fromAccountId", account_text(call.account())}, {"accountId", account_text(call.account())}, {"copied", or_null(copied)}, {"notCopied", or_null(not_copied)}};
}

}  // namespace posthorn::jmap
