// store/catalogs.h - who holds the Catalogs (catalog.h) of the accounts in memory, and lends each to all who ask. A search may hold one for
// seconds: who comes with a later view meanwhile gets another that has caught up, of which one is kept for the next time. Called by JMAP's methods of mail, on workers: the first lease
// of a large account takes seconds.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "store/store.h"

namespace posthorn::store {

class Catalog;

// The catalogs of the accounts that were asked for lately, within a budget of memory. Any thread.
class Catalogs {
 public:
  explicit Catalogs(const Store& store, std::size_t budget = 512u << 20) : store_(store), budget_(budget) {}

  // The account's catalog as of `view`. Any thread may give it back.
  struct Lease {
    std::shared_ptr<const void> kept;
    View view;
    const Catalog* catalog = nullptr;
  };
  Result<Lease> open(AccountId account);

 private:
  struct Version;
  struct Held;
  struct Slot {
    AccountId account{};
    std::shared_ptr<Held> held;
    std::size_t bytes = 0;
  };
  static Result<std::shared_ptr<Version>> next_of(Held& held, const View& view);
  void settle(AccountId account, std::size_t bytes);

  const Store& store_;
  std::size_t budget_;
  std::mutex mutex_;
  std::list<Slot> slots_;  // last used first
};

}  // namespace posthorn::store
