// Email/import (RFC 8621 4.8) and Email/copy (4.7).
#include "jmap/core/blobs.h"
#include "jmap/mail/email_change.h"
#include "jmap/mail/methods.h"
#include "mail/message.h"
#include "mail/text.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

struct Request {
  std::optional<std::string> if_in_state;
  json::object emails;
};

Expected<Request> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  JMAP_CHECK(arguments.account());
  Request out;
  JMAP_TRY(out.if_in_state, arguments.text("ifInState"));
  JMAP_TRY(auto emails, arguments.object("emails"));
  JMAP_CHECK(arguments.finish());
  if (!emails) return method_fail("invalidArguments", "emails is missing");
  if (emails->size() > call.services.limits.objects_in_set) return method_fail("requestTooLarge", "Too many Emails at once.");
  out.emails = std::move(*emails);
  return out;
}

struct ReadWork {
  const Call* call;
  std::string blob;
  Result<std::optional<Blob>> operator()() const { return read_blob(call->services.store, call->account(), blob); }
};

// rfc:8621#4.8 the time of the most recent Received field.
std::optional<WallTime> received_at(std::string_view bytes) {
  const auto message = mail::parse(bytes);
  const auto* field = mail::find(message.root().fields, "received");
  if (field == nullptr) return std::nullopt;
  const auto value = mail::unfolded(field->value);
  const auto semicolon = value.rfind(';');
  if (semicolon == value.npos) return std::nullopt;
  const auto date = mail::parse_date(std::string_view(value).substr(semicolon + 1));
  if (!date) return std::nullopt;
  return WallTime(std::chrono::seconds(date->seconds));
}

Task<std::expected<store::CreatedEmail, SetError>> import_one(Call& call, const json::object& given) {
  for (const auto& [name, value] : given)
    if (name != "blobId" && name != "mailboxIds" && name != "keywords" && name != "receivedAt")
      co_return std::unexpected(invalid_properties("there is no such property of an EmailImport", {std::string(name)}));
  auto place = read_place(call, given);
  if (!place) co_return std::unexpected(std::move(place.error()));
  const auto* id = given.if_contains("blobId");
  const auto resolved = id != nullptr && id->is_string() ? call.resolve(std::string_view(id->get_string())) : std::nullopt;
  if (!resolved) co_return std::unexpected(invalid_properties("there is no such blob", {"blobId"}));
  ReadWork work{&call, *resolved};
  auto blob = co_await call.services.store.workers().run(std::move(work));
  if (!blob && blob.error().code != Errc::not_found) co_return std::unexpected(set_error(blob.error()));
  if (!blob || !*blob) co_return std::unexpected(invalid_properties("there is no such blob", {"blobId"}));
  auto bytes = std::move((*blob)->bytes);
  // Any bytes are some message; but what has no header field or has a NUL, no reader would take for one.
  if (bytes.contains('\0')) co_return std::unexpected(SetError{"invalidEmail", "the message has a NUL", {}, {}});
  if (mail::parse(bytes).root().fields.empty()) co_return std::unexpected(SetError{"invalidEmail", "the blob is no message: it has no header fields", {}, {}});
  if (!place->received) place->received = received_at(bytes);
  auto made = co_await store_email(call, std::move(*place), std::move(bytes));
  if (!made) co_return std::unexpected(email_create_error(made.error()));
  co_return std::move(*made);
}

}  // namespace

Task<Answer> email_import(Call& call, json::object arguments) {
  auto request = read_request(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  const auto before = call.services.store.view(call.account());
  if (auto good = check_state(request->if_in_state, before, store::DataType::email); !good) co_return std::unexpected(good.error());
  OwnCommits commits(before, store::DataType::email);
  SetAnswer out;
  const json::object nothing;
  for (const auto& [key, value] : request->emails) {
    const auto* given = value.if_object();
    if (given == nullptr) given = &nothing;
    auto made = co_await import_one(call, *given);
    if (!made) {
      out.not_created[key] = to_json(made.error());
      continue;
    }
    commits.add(made->modseq);
    call.created[std::string(key)] = store::object_id(made->email);
    out.created[key] = created_json(*made);
  }
  json::object answer{{"accountId", account_text(call.account())},
                      {"created", out.created.empty() ? json::value(nullptr) : json::value(out.created)},
                      {"notCreated", out.not_created.empty() ? json::value(nullptr) : json::value(out.not_created)}};
  commits.tell(answer, call.services.store.view(call.account()));
  co_return answer;
}

// A login has one account, so there is no other to copy from (rfc:8620#5.4).
Task<Answer> email_copy(Call& call, json::object arguments) {
  const auto* from = arguments.if_contains("fromAccountId");
  if (from == nullptr || !from->is_string()) co_return method_fail("invalidArguments", "fromAccountId is missing");
  const auto* to = arguments.if_contains("accountId");
  if (to == nullptr || !to->is_string()) co_return method_fail("invalidArguments", "accountId is missing");
  if (*from == *to) co_return method_fail("invalidArguments", "fromAccountId must be another account than accountId");
  if (std::string_view(to->get_string()) != account_text(call.account())) co_return method_fail("accountNotFound", "There is no such account; the session names yours.");
  co_return method_fail("fromAccountNotFound", "There is no such account to copy from.");
}

}  // namespace posthorn::jmap
