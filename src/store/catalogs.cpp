#include "store/catalogs.h"

#include <algorithm>

#include "store/catalog.h"

namespace posthorn::store {

// Its readers share the lock; it changes only for who has it alone.
struct Catalogs::Version {
  std::shared_mutex in_use;
  Catalog catalog;
};

struct Catalogs::Held {
  std::mutex mutex;  // of the pointer, and nobody begins to read without it
  std::shared_ptr<Version> latest = std::make_shared<Version>();
};

Result<Catalogs::Lease> Catalogs::open(AccountId account) {
  std::shared_ptr<Held> held;
  {
    const std::lock_guard guard(mutex_);
    const auto found = std::ranges::find(slots_, account, &Slot::account);
    if (found != slots_.end()) {
      slots_.splice(slots_.begin(), slots_, found);
    } else {
      slots_.push_front(Slot{account, std::make_shared<Held>(), 0});
    }
    held = slots_.front().held;
  }
  const std::lock_guard guard(held->mutex);
  auto view = store_.view(account);
  auto version = held->latest;
  if (!version->catalog.agrees_with(view)) {
    std::unique_lock alone(version->in_use, std::try_to_lock);
    if (!alone) {
      auto copy = std::make_shared<Version>();
      copy->catalog = version->catalog;  // those who read it only read
      version = std::move(copy);
    }
    TRY(version->catalog.catch_up(view));
    held->latest = version;
  }
  settle(account, version->catalog.bytes());
  std::shared_lock lock(version->in_use);
  const auto* catalog = &version->catalog;
  return Lease{std::move(version), std::move(lock), std::move(view), catalog};
}

// Those not used for the longest time go when there is too much; the one just used stays, however large.
void Catalogs::settle(AccountId account, std::size_t bytes) {
  const std::lock_guard guard(mutex_);
  std::size_t total = 0;
  for (auto& slot : slots_) {
    if (slot.account == account) slot.bytes = bytes;
    total += slot.bytes;
  }
  while (total > budget_ && slots_.size() > 1) {
    total -= slots_.back().bytes;
    slots_.pop_back();
  }
}

}  // namespace posthorn::store
