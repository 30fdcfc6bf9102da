// store/engine/rocks_engine.cpp - the Engine over RocksDB: one writer thread that commits in groups.
//
// The thread takes what waits, runs each Work over one overlay, writes all of it as one batch with one sync, and then
// answers everybody; what comes while it syncs is the next group. Nothing is visible before it is durable: RocksDB syncs
// the log before it inserts a batch into its memtables, and only then moves the sequence that snapshots see.
// Running the works took 3 to 16 % of a commit's wall time when measured (on a busy machine), so running the next group
// beside the sync of this one would gain little; and our Overlay cost less than WriteBatchWithIndex (bench/engine.cpp).
// A failed write or sync poisons the engine: what reached the disk is unknown then, and only opening it again tells.
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/short_slices.h"
#include "store/engine/commit_counts.h"
#include "store/engine/overlay.h"
#include "store/engine/recent_rows.h"
#include "store/engine/rocks_database.h"

namespace posthorn::store {
namespace {

// A group ends when its transactions have written this much: it bounds memory and how long the first waits for the last.
constexpr std::size_t group_bytes = 8u << 20;

struct Waiting {
  Work work;
  Done done;
  Status status;
};

class SnapshotReader final : public RocksReader {
 public:
  SnapshotReader(const RocksDatabase& database, const rocksdb::Snapshot* snapshot)
      : RocksReader(database, snapshot), held_(&database.db(), snapshot) {}

 private:
  rocksdb::ManagedSnapshot held_;
};

class RocksEngine final : public Engine {
 public:
  explicit RocksEngine(std::unique_ptr<RocksDatabase> database) : database_(std::move(database)), base_(*database_), rows_(base_) {
    writer_ = std::jthread([this] { run(); });
  }
  ~RocksEngine() override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }
  RocksEngine(const RocksEngine&) = delete;
  RocksEngine& operator=(const RocksEngine&) = delete;

  void transact(Work work, Done done) override {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = waiting_.empty();
      waiting_.push_back({std::move(work), std::move(done), {}});
    }
    if (first) wake_.notify_one();
  }
  std::unique_ptr<Reader> snapshot() const override {
    return std::make_unique<SnapshotReader>(*database_, database_->db().GetSnapshot());
  }
  std::optional<std::uint64_t> commits_to(Space space) const override { return counts_.of(space); }

 private:
  void run() {
    ask_for_short_slices();  // all sessions wait for this thread, and it waits for the disk most of the time
    std::deque<Waiting> taken;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        taken.swap(waiting_);
      }
      while (!taken.empty()) group(taken);
    }
  }

  // Commits as many from the front as make a group, and answers them.
  void group(std::deque<Waiting>& taken) {
    std::size_t count = 0;
    if (!poison_) count = run_works(taken);
    if (poison_) {
      count = taken.size();
      for (auto& one : taken) one.status = std::unexpected(*poison_);
    }
    for (; count > 0; --count) {
      const auto one = std::move(taken.front());
      taken.pop_front();
      one.done(one.status);
    }
  }

  std::size_t run_works(std::deque<Waiting>& taken) {
    std::size_t count = 0, bytes = 0;
    while (count < taken.size() && bytes < group_bytes) {
      OverlayTransaction transaction(rows_, overlay_);
      auto& one = taken[count++];
      one.status = transaction.run(one.work);
      if (one.status) bytes += transaction.bytes();
    }
    if (!overlay_.empty()) write();
    overlay_.clear();
    return count;
  }

  // One batch, one sync: all or nothing of the group, on the disk and for readers.
  void write() {
    rocksdb::WriteBatch batch;
    auto status = rocksdb::Status::OK();
    for (std::size_t space = 0; space < space_count; ++space) {
      for (const auto& [key, value] : overlay_.cells(space)) {
        if (!status.ok()) break;
        auto* family = database_->family(space);
        status = value ? batch.Put(family, key, *value) : batch.Delete(family, key);
      }
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    if (status.ok()) status = database_->db().Write(options, &batch);
    if (const auto failed = status_of(status, "a commit to the disk failed"); !failed) {
      poison_ = failed.error();
      poison_->code = Errc::io;
      poison_->todo += " The store takes no more writes until then: restart Posthorn after fixing the disk.";
      return;
    }
    rows_.committed(overlay_);
    counts_.committed(overlay_);
  }

  std::unique_ptr<RocksDatabase> database_;
  RocksReader base_;
  RecentRows rows_;
  Overlay overlay_;              // these three: the writer's own
  std::optional<Error> poison_;
  CommitCounts counts_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  bool closing_ = false;
  std::jthread writer_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options, rocksdb::Env* env) {
  TRY_ASSIGN(auto database, RocksDatabase::open(options, env));
  return std::make_unique<RocksEngine>(std::move(database));
}

Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options) { return open_rocks(options, rocksdb::Env::Default()); }

}  // namespace posthorn::store
