// store/engine/rocks_gate.h - stands between readers and one open RocksDatabase, so that it can be closed under them: after a disk error
// the engine closes the database and opens it again from its log (faults.md 5). close() waits for the reads under way, not for the
// snapshots: a session may hold one for long, and from then on its reads fail with Errc::unavailable: look again.
#pragma once

#include <rocksdb/snapshot.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include "store/engine/rocks_database.h"

namespace posthorn::store {

class RocksGate {
 public:
  explicit RocksGate(std::unique_ptr<RocksDatabase> database) : database_(std::move(database)) {}
  ~RocksGate() { close(); }
  RocksGate(const RocksGate&) = delete;
  RocksGate& operator=(const RocksGate&) = delete;

  // For the one who closes: nobody else may use it past the gate.
  RocksDatabase& database() const { return *database_; }
  bool is_open() const { return !closed_; }
  // A snapshot, also of a closed one (then every read of it fails).
  static std::unique_ptr<Reader> snapshot(std::shared_ptr<RocksGate> gate);
  // Afterwards nobody is inside and the folder is free to be opened again.
  void close();

 private:
  friend class GatedReader;
  bool enter() {
    ++inside_;
    if (!closed_) return true;
    --inside_;
    return false;
  }
  void leave() { --inside_; }
  void release(const rocksdb::Snapshot* snapshot);

  std::unique_ptr<RocksDatabase> database_;
  std::atomic<int> inside_ = 0;
  std::atomic<bool> closed_ = false;
  std::mutex mutex_;
  std::set<const rocksdb::Snapshot*> snapshots_;
};

}  // namespace posthorn::store
