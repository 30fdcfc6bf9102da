// Email/set (RFC 8621 4.6): drafts are composed, keywords and mailboxes changed, Emails destroyed. Each is done whole or not at all.
#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/core/blobs.h"
#include "jmap/mail/compose.h"
#include "jmap/mail/email_change.h"
#include "jmap/mail/methods.h"
#include "store/snooze.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

// What is read from disk, and the message built, on a worker.
struct ComposeWork {
  const Call* call;
  const Draft* draft;

  std::expected<std::string, SetError> operator()() const {
    std::map<std::string, BlobContent> blobs;
    json::array missing;
    std::uint64_t size = 0;
    for (const auto& id : draft->blob_ids()) {
      const auto resolved = call->resolve(id).value_or(id);
      auto blob = read_blob(call->services.store, call->account(), resolved);
      if (!blob && blob.error().code != Errc::not_found) return std::unexpected(set_error(blob.error()));
      if (!blob || !*blob) {
        missing.push_back(json::string(id));
        continue;
      }
      size += (*blob)->bytes.size();
      blobs[id] = BlobContent{std::move((*blob)->bytes), std::move((*blob)->type)};
    }
    if (!missing.empty()) return std::unexpected(SetError{"blobNotFound", "there is no such blob", {}, json::object{{"notFound", std::move(missing)}}});
    if (size > call->services.limits.upload)
      return std::unexpected(SetError{"tooLarge", "the attachments have more than " + std::to_string(call->services.limits.upload) + " octets", {}, {}});
    const auto now = call->services.clock.now();
    const auto id = hex(crypto::random_bytes(12)) + "@" + call->services.host_name;
    return build_message(*draft, blobs, id, std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  }
};

class Setting {
 public:
  Setting(Call& call, SetRequest request) : call_(call), request_(std::move(request)), commits_(call.services.store.view(call.account()), store::DataType::email) {}

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(request_.if_in_state, before, store::DataType::email); !good) co_return std::unexpected(good.error());
    for (auto& [key, email] : request_.create) co_await create(key, email);
    co_await update();
    co_await destroy();
    auto answer = out_.tell(call_, {}, {});
    commits_.tell(answer, call_.services.store.view(call_.account()));
    co_return answer;
  }

 private:
  Task<void> create(const std::string& key, const json::object& email) {
    auto place = read_place(call_, email);
    auto draft = parse_draft(email);
    if (!place || !draft) {
      out_.not_created[key] = to_json(place ? draft.error() : place.error());
      co_return;
    }
    ComposeWork work{&call_, &*draft};
    auto message = co_await call_.services.store.workers().run(std::move(work));
    if (!message) {
      out_.not_created[key] = to_json(message.error());
      co_return;
    }
    auto made = co_await store_email(call_, std::move(*place), std::move(*message));
    if (!made) {
      out_.not_created[key] = to_json(email_create_error(made.error()));
      co_return;
    }
    commits_.add(made->modseq);
    call_.created[key] = store::object_id(made->email);
    out_.created[key] = created_json(*made);
  }

  Task<void> update() {
    std::vector<store::EmailPatch> patches;
    std::vector<std::string> ids;
    {
      const auto view = call_.services.store.view(call_.account());
      for (const auto& [id, patch] : request_.update) {
        const auto email = store::email_id_of(id);
        if (std::ranges::find(request_.destroy, id) != request_.destroy.end()) {
          out_.not_updated[id] = to_json(SetError{"willDestroy", "it is destroyed in the same call", {}, {}});
          continue;
        }
        auto read = email ? read_email_patch(call_, *email, patch, view) : std::unexpected(SetError{"notFound", "there is no such Email", {}, {}});
        if (!read) {
          out_.not_updated[id] = to_json(read.error());
          continue;
        }
        patches.push_back(std::move(*read));
        ids.push_back(id);
      }
    }
    if (patches.empty()) co_return;
    std::vector<std::optional<store::Snooze>> snoozes;
    for (const auto& one : patches) snoozes.push_back(one.snooze);
    auto done = co_await call_.services.store.change_emails(call_.account(), std::move(patches));
    if (done) commits_.add(done->commits);
    else log_fault(call_, "Email/set", done.error());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!done) out_.not_updated[ids[i]] = to_json(set_error(done.error()));
      else if (!done->each[i]) out_.not_updated[ids[i]] = to_json(email_set_error(done->each[i].error()));
      else out_.updated[ids[i]] = nullptr;
      const bool sleeps = done && done->each[i] && snoozes[i] && snoozes[i]->until;
      if (sleeps && call_.services.waker != nullptr) call_.services.waker->add(call_.account(), *store::email_id_of(ids[i]), *snoozes[i]->until);
    }
  }

  Task<void> destroy() {
    std::vector<EmailId> emails;
    std::vector<std::string> ids;
    for (const auto& id : request_.destroy) {
      if (const auto email = store::email_id_of(id)) {
        emails.push_back(*email);
        ids.push_back(id);
      } else {
        out_.not_destroyed[id] = to_json(SetError{"notFound", "there is no such Email", {}, {}});
      }
    }
    if (emails.empty()) co_return;
    auto done = co_await call_.services.store.destroy_emails(call_.account(), std::move(emails));
    if (done) commits_.add(done->commits);
    else log_fault(call_, "Email/set", done.error());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!done) out_.not_destroyed[ids[i]] = to_json(set_error(done.error()));
      else if (!done->each[i]) out_.not_destroyed[ids[i]] = to_json(email_set_error(done->each[i].error()));
      else out_.destroyed.push_back(json::string(ids[i]));
    }
  }

  Call& call_;
  SetRequest request_;
  OwnCommits commits_;
  SetAnswer out_;
};

}  // namespace

Task<Answer> set_emails(Call& call, SetRequest request) {
  Setting setting(call, std::move(request));
  co_return co_await setting.run();
}

Task<Answer> email_set(Call& call, json::object arguments) {
  auto request = read_only_set(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  co_return co_await set_emails(call, std::move(*request));
}

}  // namespace posthorn::jmap
