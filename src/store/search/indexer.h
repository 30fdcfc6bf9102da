// store/search/indexer.h - keeps the index of words of each account near its mail, off the way of deliveries: it looks at the clocks of the
// accounts, and where enough Emails came it reads them and commits a segment. Ids of Emails only rise, so one number says what is indexed;
// what a crash cuts short is rubbish that the manifest names. Words of Emails that are gone leave the index within a day, or sooner where
// they are many; until then they are found nowhere, because there is no such Email.
// Runs on one executor; reading and packing on workers, in slices with pauses. Writers of one manifest exclude each other by comparing it.
#pragma once

#include <map>
#include <memory>

#include "base/log.h"
#include "store/search/build.h"
#include "store/store.h"

namespace posthorn::store::search {

struct IndexerOptions {
  Duration look = std::chrono::seconds(5);
  // What is left to be scanned by a search.
  std::uint64_t waiting_emails = 64, waiting_bytes = 4u << 20;
  Duration slice = std::chrono::milliseconds(40), pause = std::chrono::milliseconds(40);  // of work and rest
  Duration clean = std::chrono::hours(24);
};

class Indexer {
 public:
  Indexer(Executor executor, Store& store, crypto::Keyring& keyring, Log& log, IndexerOptions options = {})
      : executor_(std::move(executor)), store_(store), keyring_(keyring), log_(log), options_(options) {}

  void start();
  void stop();

  // Brings the index of one account up to date, if there is enough to do. conflict: somebody else works on it.
  Task<Status> look_at(AccountId account);

 private:
  struct Due {
    bool index = false, clean = false;
  };
  void look_later();
  Task<void> look();
  Result<std::map<AccountId, ModSeq>> clocks() const;
  Result<Due> due(AccountId account) const;

  Executor executor_;
  Store& store_;
  crypto::Keyring& keyring_;
  Log& log_;
  IndexerOptions options_;
  std::unique_ptr<Timer> timer_;
  std::map<AccountId, ModSeq> seen_;
  std::optional<SteadyTime> forgotten_;  // when all accounts were last taken for new
  bool stopping_ = false;
};

// Lets go of an account's whole index and makes it anew of all its mail.
Task<Status> rebuild_index(Store& store, const crypto::Keyring& keyring, Log& log, AccountId account, IndexerOptions options = {});

// Emails of an account and how many of them its index holds.
struct Progress {
  std::uint64_t emails = 0, indexed = 0, segments = 0, bytes = 0;
};
Result<Progress> index_progress(const Reader& reader, AccountId account);

}  // namespace posthorn::store::search
