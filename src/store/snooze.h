// store/snooze.h - Emails that sleep: at a time each goes from the mailbox of that role back to another, unseen. What is due stands in rows
// beside the mail, written in the commit that puts the Email away, so a restart forgets nothing.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "base/log.h"
#include "store/store.h"

namespace posthorn::store {

struct Sleeping {
  WallTime until{};  // to the second
  MailboxId to{};
};
Result<std::optional<Sleeping>> sleeping(const Reader& reader, AccountId account, EmailId email);
// too_big: 10,000 of an account sleep already.
Status put_to_sleep(Transaction& tx, AccountId account, EmailId email, const Snooze& snooze);

// Wakes them, one after another. On its executor but for add().
class Waker {
 public:
  Waker(Executor executor, Store& store, Log& log) : executor_(std::move(executor)), store_(store), log_(log) {}

  Status start();  // reads who sleeps
  void stop();
  // After the commit. Any thread.
  void add(AccountId account, EmailId email, WallTime until);

 private:
  struct Waiting {
    WallTime at{};
    AccountId account{};
    EmailId email{};
    auto operator<=>(const Waiting&) const = default;
  };
  void tick();
  Task<void> wake_due();
  Task<Status> wake(Waiting one);

  Executor executor_;
  Store& store_;
  Log& log_;
  std::unique_ptr<Timer> timer_;
  std::set<Waiting> waiting_;
  bool stopping_ = false, waking_ = false;
};

}  // namespace posthorn::store
