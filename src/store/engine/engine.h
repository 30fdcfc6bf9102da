// store/engine/engine.h - the Engine door: an ordered map with durable, serialised transactions.
// Real: rocks (RocksDB). Tests: memory, with faults and power cuts. One conformance suite runs on all.
//
// transact(fn): the engine calls fn with a Transaction; all transactions are serialised, fn sees every earlier one and
// may touch any account, so a message to five mailboxes and the queue is one commit. Engines gather the transactions
// that wait while a sync runs, run them over one batch, sync once and then call done for each (group commit).
// fn must be pure apart from the Transaction (it may be run again), short (budget 2 MB written, 1 s), and must not block.
// `done` is called from a thread of the engine's after the sync returned, or with the error. After a failed sync the
// engine is poisoned: every later transact fails with Errc::io until it was opened again from its log (faults.md 5).
// Nothing is visible to readers before it is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::store {

// The spaces of design §4; one byte, a RocksDB column family or PostgreSQL partition each.
enum class Space : char {
  account = 'a', clock = 's', mailbox = 'm', counters = 'n', membership = 'u', email = 'e', summary = 'x',
  keyword = 'k', thread = 't', thread_join = 'h', log = 'l', object = 'o', object_index = 'i', evidence = 'j',
  chunk = 'd', blob = 'c', blob_reference = 'r', queue = 'q', queue_due = 'w', queue_lease = 'z', name = 'p', node = 'v',
  search = 'f',
};
inline constexpr std::string_view all_spaces = "asmnuexkthloijdcrqwzpvf";
inline constexpr std::size_t space_count = all_spaces.size();
constexpr std::size_t index_of(Space space) { return all_spaces.find(static_cast<char>(space)); }

// A transaction may write this much, keys and values of all puts and erases counted; one that wrote more is rolled back
// and fails with Errc::too_big. Bulk work goes in several transactions.
inline constexpr std::size_t transaction_budget = 2u << 20;
// The budget of one that asked for more, because it cannot be split: a letter to a thousand people is one commit, or nobody could say what
// became of it. Others wait while it is written, so it is not for what may be large by habit.
inline constexpr std::size_t largest_transaction = 32u << 20;

struct Entry { std::string key, value; };

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<std::string>> get(Space space, std::string_view key) const = 0;
  // Entries with from <= key < to in order, until `take` says false. An empty `to` is the end of the space. The views are
  // good until `take` returns. In a transaction `take` may put and erase; the scan sees what it wrote ahead of itself.
  virtual Status scan(Space space, std::string_view from, std::string_view to,
                      const std::function<bool(std::string_view key, std::string_view value)>& take) const = 0;
  // The last entry with from <= key < to, if any.
  virtual Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const = 0;
};

class Transaction : public Reader {
 public:
  virtual void put(Space space, std::string_view key, std::string_view value) = 0;
  virtual void erase(Space space, std::string_view key) = 0;
  // Raises the budget of this transaction to largest_transaction.
  virtual void allow_large() = 0;
};

using Work = std::function<Status(Transaction&)>;  // an error of fn rolls back what fn wrote, and only that
using Done = std::function<void(Status)>;

class Engine {
 public:
  virtual ~Engine() = default;  // waits for what was begun
  // From any thread, also from inside a Done. Neither a Done nor what it holds may destroy the engine or throw.
  virtual void transact(Work work, Done done) = 0;
  // A consistent view of what is durable now. Any thread may read; keep it short-lived, and never longer than the engine.
  virtual std::unique_ptr<Reader> snapshot() const = 0;
  // How many commits have written to a space. While it stays the same, what was read there still stands; it has risen before the
  // Done of such a commit is called. Nothing: this engine does not count, so nothing may be remembered.
  virtual std::optional<std::uint64_t> commits_to(Space space) const {
    static_cast<void>(space);
    return std::nullopt;
  }
};

struct RocksOptions {
  std::string folder;
  std::size_t cache_bytes = 64u << 20;
};
Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options);

}  // namespace posthorn::store
