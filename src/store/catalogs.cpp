#include "store/catalogs.h"

#include <algorithm>

#include "store/catalog.h"

namespace posthorn::store {

struct Catalogs::Held {
  std::mutex mutex;
  Catalog catalog;
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
  std::unique_lock lock(held->mutex);
  auto view = store_.view(account);
  TRY(held->catalog.catch_up(view));
  settle(account, held->catalog.bytes());
  auto* catalog = &held->catalog;
  return Lease{held, std::move(lock), std::move(view), catalog};
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
