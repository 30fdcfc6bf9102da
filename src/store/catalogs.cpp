#include "store/catalogs.h"

#include <algorithm>
#include <atomic>
#include <utility>

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
  std::shared_ptr<Version> before;  // what was the latest until somebody came while it was read; a copy of a million Emails takes a while
};

// A version that nobody reads, as of `view`: while a search holds the latest, that of before if it can follow, else a copy.
Result<std::shared_ptr<Catalogs::Version>> Catalogs::next_of(Held& held, const View& view) {
  auto next = held.latest;
  if (next->readers.load(std::memory_order_acquire) > 0) {
    next = held.before;
    bool followed = false;
    if (next != nullptr && next->readers.load(std::memory_order_acquire) == 0) {
      TRY_ASSIGN(followed, next->catalog.follow_to(view));
    }
    if (!followed) {
      next = std::make_shared<Version>();
      next->catalog = held.latest->catalog;  // those who read it only read
    }
    held.before = std::exchange(held.latest, next);
  }
  TRY(next->catalog.catch_up(view));
  return next;
}

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
    TRY_ASSIGN(version, next_of(*held, view));
  }
  // The bytes of what others read are those of the latest, or near them.
  settle(account, version->catalog.bytes() * (held->before != nullptr ? 2 : 1));
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
