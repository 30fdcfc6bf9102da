#include "store/catalogs.h"

#include <algorithm>
#include <atomic>

#include "store/catalog.h"

namespace posthorn::store {

// It changes only while nobody reads it.
struct Catalogs::Version {
  std::atomic<std::size_t> readers = 0;
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
    if (version->readers.load(std::memory_order_acquire) > 0) {
      auto copy = std::make_shared<Version>();
      copy->catalog = version->catalog;  // those who read it only read
      version = std::move(copy);
    }
    TRY(version->catalog.catch_up(view));
    held->latest = version;
  }
  settle(account, version->catalog.bytes());
  version->readers.fetch_add(1, std::memory_order_relaxed);
  const auto* catalog = &version->catalog;
  std::shared_ptr<const void> kept(catalog, [version](const void*) { version->readers.fetch_sub(1, std::memory_order_release); });
  return Lease{std::move(kept), std::move(view), catalog};
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
