// post/queue/queue.h - the queue's storage: entries by id, and an index by due time. Every change is one durable commit.
// The functions on a Transaction are for those who commit more than the queue at once (post/office).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "post/queue/entry.h"
#include "store/store.h"

namespace posthorn::post {

struct Due {
  WallTime at{};
  QueueId id{};
  auto operator<=>(const Due&) const = default;
};

// Adds a new entry whose blob stands in the same transaction.
void put_new(store::Transaction& tx, const Entry& entry);
// Replaces an entry: moves its due key; an entry that is done leaves the queue with its blob reference.
Status replace(const store::Store& store, store::Transaction& tx, const Entry& before, const Entry& after);
Result<std::optional<Entry>> read(const store::Reader& reader, QueueId id);
// The blob reference that keeps a queued message's bytes.
std::string reference_of(QueueId id);

class Queue {
 public:
  Queue(store::Store& store, crypto::Keyring& keyring) : store_(store), keyring_(keyring) {}

  // All due keys, oldest first; reads keys only, so a restart with 100,000 entries takes no time.
  Result<std::vector<Due>> due() const;
  Result<std::vector<Entry>> list(std::size_t limit = 1'000'000) const;
  Result<std::optional<Entry>> find(QueueId id) const;
  Result<std::string> message(const Entry& entry) const;
  // The same for the network threads: a large one is read on a worker.
  Task<Result<std::string>> read_message(const Entry& entry) const;

  // Reads, changes and writes one entry in a transaction. `change` sees the entry as it is then; not_found if it is gone.
  using Change = std::function<void(Entry&)>;
  Task<Result<Entry>> update(QueueId id, Change change);

  // What an operator does. drop() removes without a DSN.
  Task<Status> hold(QueueId id, std::string because);
  Task<Status> release_and_retry(QueueId id);
  Task<Status> drop(QueueId id);

 private:
  store::Store& store_;
  crypto::Keyring& keyring_;
};

}  // namespace posthorn::post
