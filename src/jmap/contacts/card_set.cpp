// ContactCard/set (RFC 9610 section 3.5): wishes are made up as writes on a worker and committed in batches, each only if nobody else wrote.
#include <algorithm>

#include "jmap/contacts/card_change.h"
#include "jmap/contacts/commit.h"
#include "jmap/contacts/methods.h"
#include "jmap/contacts/pictures.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

// A batch: the wishes from `first` on, as many as fit.
struct Batch {
  std::size_t first = 0, next = 0;
  std::vector<std::expected<CardDesk::Made, SetError>> made;  // of each wish
  std::vector<store::ObjectWrite> writes;
};

// Opens the desk, if there is none, and makes up a batch.
struct MakeBatch {
  const Call* call;
  std::optional<CardDesk>* desk;
  const std::vector<CardWish>* wishes;
  Batch* batch;

  Status operator()() const {
    if (!*desk) {
      TRY_ASSIGN(auto opened, CardDesk::open(*call));
      desk->emplace(std::move(opened));
    }
    std::size_t bytes = 0;
    while (batch->next < wishes->size() && bytes < batch_bytes) {
      auto made = (*desk)->make((*wishes)[batch->next++]);
      if (made) {
        bytes += made->write.value ? made->write.value->size() : 64;
        batch->writes.push_back(std::move(made->write));
      }
      batch->made.push_back(std::move(made));
    }
    return {};
  }
};

class Setting {
 public:
  Setting(Call& call, SetRequest request) : call_(call), if_in_state_(std::move(request.if_in_state)), commits_(call.services.store.view(call.account()), store::DataType::contact) {
    using enum CardWish::What;
    for (auto& [key, object] : request.create) wishes_.push_back({create, key, std::move(object)});
    for (auto& [id, object] : request.update) {
      if (std::ranges::find(request.destroy, id) == request.destroy.end()) wishes_.push_back({update, id, std::move(object)});
      else out_.not_updated[id] = to_json(SetError{"willDestroy", "it is destroyed in the same call", {}, {}});
    }
    for (auto& id : request.destroy) wishes_.push_back({destroy, id});
  }

  Task<Answer> run() {
    const auto before = call_.services.store.view(call_.account());
    if (auto good = check_state(if_in_state_, before, store::DataType::contact); !good) co_return std::unexpected(good.error());
    for (std::size_t first = 0; first < wishes_.size();) {
      auto next = co_await write_from(first);
      if (!next) co_return std::unexpected(method_error(next.error()));
      first = *next;
    }
    auto answer = out_.tell(call_, {}, {});
    commits_.tell(answer, call_.services.store.view(call_.account()));
    co_return answer;
  }

 private:
  // One batch, made anew as long as others come in between.
  Task<Result<std::size_t>> write_from(std::size_t first) {
    for (int i = 0; i < most_tries; ++i) {
      Batch batch;
      batch.first = batch.next = first;
      MakeBatch work{&call_, &desk_, &wishes_, &batch};
      auto made = co_await call_.services.store.workers().run(std::move(work));
      if (!made) co_return fail(made.error());
      Commit commit;
      if (!batch.writes.empty()) {
        auto done = co_await commit_if_unchanged(call_, desk_->seen(), batch.writes);
        if (!done) co_return fail(done.error());
        commit = std::move(*done);
      }
      if (commit.stale) {
        desk_.reset();
        continue;
      }
      if (!batch.writes.empty()) {
        desk_->wrote(commit.modseq);
        commits_.add(commit.modseq);
      }
      tell(batch, commit);
      co_return batch.next;
    }
    co_return fail(Errc::unavailable, "too many others change this account now", "Try again");
  }

  void tell(Batch& batch, const Commit& commit) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < batch.made.size(); ++i) {
      const auto& wish = wishes_[batch.first + i];
      auto& made = batch.made[i];
      const auto id = made ? commit.ids[written++] : ObjectId{};
      using enum CardWish::What;
      if (!made) {
        auto& errors = wish.what == create ? out_.not_created : wish.what == update ? out_.not_updated : out_.not_destroyed;
        errors[wish.key] = to_json(made.error());
      } else if (wish.what == create) {
        made->told["id"] = card_id(id);
        show_pictures(made->told, id);
        call_.created[wish.key] = card_id(id);
        out_.created[wish.key] = std::move(made->told);
      } else if (wish.what == update) {
        out_.updated[wish.key] = made->told.empty() ? json::value(nullptr) : json::value(std::move(made->told));
      } else {
        out_.destroyed.push_back(json::string(wish.key));
      }
    }
  }

  Call& call_;
  std::optional<std::string> if_in_state_;
  std::vector<CardWish> wishes_;
  std::optional<CardDesk> desk_;
  OwnCommits commits_;
  SetAnswer out_;
};

}  // namespace

Task<Answer> card_set(Call& call, json::object arguments) {
  auto request = read_only_set(call, std::move(arguments));
  if (!request) co_return std::unexpected(request.error());
  Setting setting(call, std::move(*request));
  co_return co_await setting.run();
}

}  // namespace posthorn::jmap
