// EmailSubmission/set (RFC 8621 7.5): sending, at once or later, taking back, and the implicit Email/set afterwards. A letter goes through
// the same checks, completion and signature as one that comes by SMTP (attacks.md A12).
#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "jmap/mail/email_change.h"
#include "jmap/mail/envelope.h"
#include "jmap/mail/identity.h"
#include "jmap/mail/methods.h"
#include "jmap/mail/submission_json.h"
#include "mail/build.h"
#include "post/office.h"
#include "post/outbox.h"
#include "store/objects.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t most_recipients = 1'000;

struct Request {
  SetRequest set;
  json::object on_success_update;
  std::vector<std::string> on_success_destroy;
};

SetError error_of(const post::Office::Refusal& refusal) {
  using Why = post::Office::Refusal::Why;
  const auto& text = refusal.reply.text;
  switch (refusal.why) {
    case Why::mail_from: return {"forbiddenMailFrom", text, {}, {}};
    case Why::author: return {"forbiddenFrom", text, {}, {}};
    case Why::message: return {"invalidEmail", text, {"from"}, {}};
    case Why::recipient: return {"invalidRecipients", text, {}, json::object{{"invalidRecipients", json::array{json::string(refusal.recipient)}}}};
    case Why::later: return {"forbiddenToSend", text, {}, {}};
  }
  return {"serverFail", text, {}, {}};
}

// What was read of the Email and the Identity that a creation names.
struct Prepared {
  post::SubmissionRecord record;
  smtp::Transaction transaction;
  std::optional<WallTime> release;
};

struct PrepareWork {
  const Call* call;
  const json::object* object;

  std::expected<std::string, SetError> id_of(const char* name) const {
    const auto* id = object->if_contains(name);
    const auto resolved = id != nullptr && id->is_string() ? call->resolve(std::string_view(id->get_string())) : std::nullopt;
    if (!resolved) return std::unexpected(invalid_properties(std::string(name) + " names nothing", {name}));
    return *resolved;
  }

  std::expected<Prepared, SetError> operator()() const {
    for (const auto& [name, value] : *object)
      if (name != "identityId" && name != "emailId" && name != "envelope") return std::unexpected(invalid_properties("\"" + printable(name, 100) + "\" cannot be set", {std::string(name)}));
    const auto view = call->services.store.view(call->account());
    Prepared out;
    auto identity_id = id_of("identityId");
    if (!identity_id) return std::unexpected(std::move(identity_id.error()));
    const auto identity = find_identity(view, *identity_id);
    if (!identity) return std::unexpected(set_error(identity.error()));
    if (!*identity) return std::unexpected(invalid_properties("there is no such Identity", {"identityId"}));
    auto email_id = id_of("emailId");
    if (!email_id) return std::unexpected(std::move(email_id.error()));
    const auto email = store::email_id_of(*email_id);
    const auto shown = email ? view.shown(*email) : Result<std::optional<store::ShownEmail>>(std::nullopt);
    if (!shown) return std::unexpected(set_error(shown.error()));
    if (!*shown) return std::unexpected(invalid_properties("there is no such Email", {"emailId"}));
    if ((*shown)->email.size > call->services.limits.upload * 2)
      return std::unexpected(SetError{"tooLarge", "the message is too large to be sent", {}, json::object{{"maxSize", call->services.limits.upload * 2}}});
    auto bytes = view.message(*email);
    if (!bytes) return std::unexpected(set_error(bytes.error()));
    out.transaction.message = mail::to_crlf(*bytes);
    out.transaction.started = call->services.clock.now();

    const auto* given = object->if_contains("envelope");
    const auto owns = [this](const mail::Address& address) { return call->services.store.owns(call->account(), address.text()).value_or(false); };
    auto envelope = given != nullptr && !given->is_null() ? read_envelope(*given, call->services.clock.now()) : envelope_of(mail::parse(out.transaction.message), (*identity)->email, owns);
    if (!envelope) return std::unexpected(std::move(envelope.error()));
    if (envelope->to.empty()) return std::unexpected(SetError{"noRecipients", "nobody is to get it", {}, {}});
    if (envelope->to.size() > most_recipients)
      return std::unexpected(SetError{"tooManyRecipients", "too many recipients", {}, json::object{{"maxRecipients", most_recipients}}});
    out.release = envelope->release;
    out.record.identity = *identity_id;
    out.record.email = *email;
    out.record.thread = (*shown)->email.thread;
    out.record.envelope = json::serialize(envelope->json);
    for (const auto& to : envelope->to) out.record.recipients.push_back(post::SubmittedRecipient{to.recipient.text(), post::Delivered::queued, {}, {}});
    out.transaction.from = std::move(envelope->from);
    out.transaction.recipients = std::move(envelope->to);
    return out;
  }
};

class Setting {
 public:
  Setting(Call& call, Request request) : call_(call), request_(std::move(request)), commits_(call.services.store.view(call.account()), store::DataType::submission) {}

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(request_.set.if_in_state, before, store::DataType::submission); !good) co_return std::unexpected(good.error());
    for (const auto& [key, object] : request_.set.create) co_await create(key, object);
    for (const auto& [id, patch] : request_.set.update) co_await update(id, patch);
    for (const auto& id : request_.set.destroy) co_await destroy(id);
    auto answer = out_.tell(call_, {}, {});
    const auto after = call_.services.store.view(call_.account());
    commits_.tell(answer, after);
    co_await change_emails();
    co_return answer;
  }

 private:
  Task<void> create(const std::string& key, const json::object& object) {
    auto made = co_await send(object);
    if (!made) {
      out_.not_created[key] = to_json(made.error());
      co_return;
    }
    const auto id = submission_id(made->id);
    call_.created[key] = id;
    succeeded_["#" + key] = made->record.email;
    succeeded_[id] = made->record.email;
    json::object told;
    for (const auto& [name, value] : submission_json(*made))
      if (!object.contains(name)) told[name] = value;
    out_.created[key] = std::move(told);
  }

  Task<std::expected<Submitted, SetError>> send(const json::object& object) {
    if (call_.services.office == nullptr || call_.services.outbox == nullptr) co_return std::unexpected(SetError{"forbiddenToSend", "this server sends no mail", {}, {}});
    PrepareWork work{&call_, &object};
    auto ready = co_await call_.services.store.workers().run(std::move(work));
    if (!ready) co_return std::unexpected(std::move(ready.error()));
    const auto peer = peer_of(call_);
    auto letter = co_await call_.services.office->prepare_submission(peer, std::move(ready->transaction));
    if (!letter) co_return std::unexpected(error_of(letter.error()));
    auto handed = co_await call_.services.outbox->hand_in(call_.account(), ready->record, std::move(*letter), ready->release);
    if (!handed) {
      log_fault(call_, "EmailSubmission/set", handed.error());
      co_return std::unexpected(set_error(handed.error()));
    }
    commits_.add(handed->modseq);
    const auto stored = call_.services.store.view(call_.account()).object(store::DataType::submission, handed->submission);
    if (!stored || !*stored) co_return std::unexpected(SetError{"serverFail", "the submission cannot be read", {}, {}});
    auto record = post::decode_submission((*stored)->value);
    if (!record) co_return std::unexpected(set_error(record.error()));
    co_return Submitted{handed->submission, std::move(*record)};
  }

  // Nothing but undoStatus changes, and only from pending to canceled.
  Task<void> update(const std::string& id, const json::object& object) {
    auto good = co_await take_back(id, object);
    if (good) out_.updated[id] = nullptr;
    else out_.not_updated[id] = to_json(good.error());
  }

  std::expected<Submitted, SetError> find(const std::string& id) const {
    auto found = find_submission(call_.services.store.view(call_.account()), submission_of(id).value_or(ObjectId{}));
    if (!found) return std::unexpected(set_error(found.error()));
    if (!*found) return std::unexpected(SetError{"notFound", "there is no such EmailSubmission", {}, {}});
    return std::move(**found);
  }

  Task<std::expected<void, SetError>> take_back(const std::string& id, const json::object& object) {
    auto one = find(id);
    if (!one) co_return std::unexpected(std::move(one.error()));
    auto patches = read_patches(object);
    if (!patches) co_return std::unexpected(std::move(patches.error()));
    const auto current = submission_json(*one);
    bool cancel = false;
    for (const auto& patch : *patches) {
      if (patch.key) co_return std::unexpected(SetError{"invalidPatch", "nothing below " + printable(patch.property, 100) + " can be set", {}, {}});
      if (current.contains(patch.property) && current.at(patch.property) == patch.value) continue;
      if (patch.property != "undoStatus" || !(patch.value == json::value("canceled"))) co_return std::unexpected(invalid_properties(printable(patch.property, 100) + " cannot be changed", {patch.property}));
      cancel = true;
    }
    if (cancel) {
      if (call_.services.outbox == nullptr) co_return std::unexpected(SetError{"cannotUnsend", "this server sends no mail", {}, {}});
      auto taken = co_await call_.services.outbox->take_back(call_.account(), one->id);
      if (!taken) co_return std::unexpected(set_error(taken.error()));
      if (!*taken) co_return std::unexpected(SetError{"cannotUnsend", "it has left already", {}, {}});
      commits_.add(call_.services.store.view(call_.account()).modseq());
    }
    succeeded_[id] = one->record.email;
    co_return std::expected<void, SetError>();
  }

  // It only takes the record away; so one that still waits stays (rfc:8621#7.5 allows to forbid it).
  Task<void> destroy(const std::string& id) {
    auto one = find(id);
    if (!one || one->record.undo == post::Undo::pending) {
      out_.not_destroyed[id] = to_json(one ? SetError{"forbidden", "it waits to be sent; take it back first", {}, {}} : one.error());
      co_return;
    }
    ModSeq at{};
    store::Work work = [&](store::Transaction& tx) -> Status {
      const store::ObjectWrite write{store::DataType::submission, one->id, std::nullopt};
      TRY_ASSIGN(const auto written, call_.services.store.write_objects(tx, call_.account(), std::span(&write, 1)));
      post::unindex_submission(tx, call_.account(), one->record.email, one->id);
      TRY_ASSIGN(at, store::modseq_of(tx, call_.account()));
      return {};
    };
    auto done = co_await call_.services.store.transact(std::move(work));
    if (!done) {
      out_.not_destroyed[id] = to_json(set_error(done.error()));
      co_return;
    }
    const std::array<AccountId, 1> mine{call_.account()};
    call_.services.store.committed(mine);
    commits_.add(at);
    succeeded_[id] = one->record.email;
    out_.destroyed.push_back(json::string(id));
  }

  // rfc:8621#7.5 one implicit Email/set, told after our answer.
  Task<void> change_emails() {
    SetRequest request;
    for (const auto& [id, patch] : request_.on_success_update) {
      const auto found = succeeded_.find(std::string_view(id));
      if (found != succeeded_.end() && patch.is_object()) request.update.emplace_back(store::object_id(found->second), patch.get_object());
    }
    for (const auto& id : request_.on_success_destroy)
      if (const auto found = succeeded_.find(id); found != succeeded_.end()) request.destroy.push_back(store::object_id(found->second));
    if (request.update.empty() && request.destroy.empty()) co_return;
    auto answer = co_await set_emails(call_, std::move(request));
    if (answer) call_.implicit.push_back(Implicit{"Email/set", std::move(*answer)});
  }

  Call& call_;
  Request request_;
  OwnCommits commits_;
  SetAnswer out_;
  std::map<std::string, EmailId, std::less<>> succeeded_;  // submissions by id, and by "#" and creation id
};

Expected<Request> read_request(Call& call, json::object json) {
  Arguments arguments(call, std::move(json));
  Request out;
  JMAP_TRY(out.set, read_set(call, arguments));
  JMAP_TRY(auto update, arguments.object("onSuccessUpdateEmail"));
  JMAP_TRY(auto destroy, arguments.texts("onSuccessDestroyEmail"));
  JMAP_CHECK(arguments.finish());
  out.on_success_update = std::move(update).value_or(boost::json::object());
  out.on_success_destroy = std::move(destroy).value_or(std::vector<std::string>());
  for (const auto& [id, patch] : out.on_success_update)
    if (!patch.is_object()) return method_fail("invalidArguments", "onSuccessUpdateEmail maps ids to patches");
  return out;
}

}  // namespace

Task<Answer> submission_set(Call& call, json::object arguments) {
  auto request = read_request(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  Setting setting(call, std::move(*request));
  co_return co_await setting.run();
}

}  // namespace posthorn::jmap
