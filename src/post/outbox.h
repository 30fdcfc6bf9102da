// post/outbox.h - letters that our people hand in by JMAP: they go at once or at a time that was asked for (RFC 4865), and until then
// may be taken back. A letter that waits is a blob held by its submission, and a key in the index of due times, so a restart forgets
// nothing; leaving and taking back are transactions that look whether the other came first.
#pragma once

#include <memory>
#include <set>

#include "base/log.h"
#include "post/office.h"
#include "post/submission.h"

namespace posthorn::post {

class Outbox {
 public:
  Outbox(Executor executor, store::Store& store, crypto::Keyring& keyring, Sender& sender, const Options& options, Clock& clock, Log& log)
      : executor_(std::move(executor)), store_(store), keyring_(keyring), sender_(sender), options_(options), clock_(clock), log_(log) {}

  Status start();  // reads what waits
  void stop();

  struct Handed {
    ObjectId submission{};
    ModSeq modseq{};  // of the sender's account, when it was written
  };
  // `letter`: checked, completed and signed (Office::prepare_submission). Errors are the store's: over_quota, not_found, too_big, io.
  Task<Result<Handed>> hand_in(AccountId account, SubmissionRecord record, Letter letter, std::optional<WallTime> release);
  // A letter of which nothing is kept, such as a receipt. Errors as above.
  Task<Status> send_unwatched(Letter letter);
  // False: it has left already. not_found: there is no such submission.
  Task<Result<bool>> take_back(AccountId account, ObjectId submission);
  // Everything for others goes to one server, which sends it on as it likes.
  bool through_smarthost() const { return options_.smarthost.has_value(); }

 private:
  struct Waiting {
    WallTime at{};
    AccountId account{};
    ObjectId submission{};
    auto operator<=>(const Waiting&) const = default;
  };
  static std::string key_of(const Waiting& one);
  Task<Result<Handed>> keep(AccountId account, SubmissionRecord record, Letter letter, WallTime release);
  Task<Result<Handed>> send(AccountId account, SubmissionRecord record, Letter letter);
  void add(Waiting one);
  void tick();
  Task<void> index_old();
  Task<void> release(Waiting one);
  Task<Status> release_now(const Waiting& one);

  Executor executor_;
  store::Store& store_;
  crypto::Keyring& keyring_;
  Sender& sender_;
  const Options& options_;
  Clock& clock_;
  Log& log_;
  std::unique_ptr<Timer> timer_;
  std::set<Waiting> waiting_;  // on the executor only
  bool stopping_ = false;
};

}  // namespace posthorn::post
