// store/engine/rocks_engine.cpp - the Engine over RocksDB: one writer thread that commits in groups.
//
// The thread takes what waits, runs each Work over one overlay, writes all of it as one batch with one sync, and then
// answers everybody; what comes while it syncs is the next group. Nothing is visible before it is durable: RocksDB syncs
// the log before it inserts a batch into its memtables, and only then moves the sequence that snapshots see.
// Running the works took 3 to 16 % of a commit's wall time when measured (on a busy machine), so running the next group
// beside the sync of this one would gain little; and our Overlay cost less than WriteBatchWithIndex (bench/engine.cpp).
// A failed write or sync poisons the engine: what reached the disk is unknown then, and only opening it again tells. So the writer
// closes the database and opens it from its log, which RocksDB writes out into new, synced files: a failed sync is never tried again.
// The number of the last write then says whether the group is there. If it is not, its works run once more; if it cannot be
// opened, all is refused and it is tried again, ever more rarely. Readers go on with the old database until it is closed.
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/short_slices.h"
#include "store/engine/commit_counts.h"
#include "store/engine/overlay.h"
#include "store/engine/recent_rows.h"
#include "store/engine/rocks_gate.h"

namespace posthorn::store {
namespace {

// A group ends when its transactions have written this much: it bounds memory and how long the first waits for the last.
constexpr std::size_t group_bytes = 8u << 20;
constexpr auto first_pause = std::chrono::milliseconds(250), longest_pause = std::chrono::milliseconds(30'000);  // between tries to open again
constexpr auto reserve_pause = std::chrono::seconds(5);  // between tries to take the reserve again
constexpr std::size_t probe_bytes = 64u << 10;

struct Waiting {
  Work work;
  Done done;
  Status status;
};

// Whether the disk takes a file at all: only then is it worth to close the database that can still be read.
Status probe(rocksdb::Env& env, const std::string& folder) {
  const auto name = folder + "/probe";
  std::unique_ptr<rocksdb::WritableFile> file;
  auto status = env.NewWritableFile(name, &file, {});
  if (status.ok()) status = file->Append(std::string(probe_bytes, 'p'));
  if (status.ok()) status = file->Sync();
  if (file) {
    const auto closed = file->Close();
    if (status.ok()) status = closed;
  }
  env.DeleteFile(name).PermitUncheckedError();
  return status_of(status, "trying the disk failed");
}

// What the log holds must fit into a small reserve when it is written out at the next start.
std::size_t unflushed_for(const RocksCare& care) {
  constexpr auto most = RocksDatabase::most_unflushed;
  if (care.reserve == nullptr || care.reserve->bytes() == 0) return most;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(care.reserve->bytes(), 4u << 20, most));
}

class RocksEngine final : public Engine {
 public:
  RocksEngine(RocksOptions options, rocksdb::Env* env, RocksCare care, std::unique_ptr<RocksDatabase> database)
      : options_(std::move(options)), env_(env), care_(std::move(care)), gate_(std::make_shared<RocksGate>(std::move(database))) {
    open_for_writer();
    if (care_.reserve != nullptr) care_.reserve->take();
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
  std::unique_ptr<Reader> snapshot() const override { return RocksGate::snapshot(gate()); }
  std::optional<std::uint64_t> commits_to(Space space) const override { return counts_.of(space); }

 private:
  std::shared_ptr<RocksGate> gate() const {
    const std::lock_guard lock(gate_mutex_);
    return gate_;
  }

  void run() {
    ask_for_short_slices();  // all sessions wait for this thread, and it waits for the disk most of the time
    std::deque<Waiting> taken;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return closing_ || !waiting_.empty(); };
        const bool all_well = !poison_ && (care_.reserve == nullptr || care_.reserve->held() || care_.reserve->bytes() == 0);
        if (all_well) wake_.wait(lock, ready);
        else wake_.wait_for(lock, poison_ ? std::chrono::milliseconds(pause_) : reserve_pause, ready);
        if (waiting_.empty() && closing_) return;
        taken.swap(waiting_);
      }
      if (poison_ && std::chrono::steady_clock::now() >= next_try_) open_again();
      while (!taken.empty()) group(taken);
      if (!poison_ && care_.reserve != nullptr && care_.reserve->take()) tell(EngineNews::Kind::reserve_taken, "there is room again");
    }
  }

  // Commits as many from the front as make a group, and answers them.
  void group(std::deque<Waiting>& taken) {
    std::size_t count = 0;
    if (!poison_) count = run_works(taken);
    if (poison_ && count > 0) {
      open_again();
      if (!poison_ && !is_there_) count = run_works(taken);
      if (poison_) wait_longer();
    }
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
      OverlayTransaction transaction(*rows_, overlay_);
      auto& one = taken[count++];
      one.status = transaction.run([&](Transaction& tx) -> Status {
        TRY(one.work(tx));
        return check_room(transaction);
      });
      if (one.status) bytes += transaction.bytes();
    }
    if (!overlay_.empty()) write();
    overlay_.clear();
    return count;
  }

  // New mail must not use up what deletes need.
  Status check_room(const OverlayTransaction& transaction) const {
    if (care_.reserve == nullptr) return {};
    std::uint64_t text = 0;
    for (const auto& one : transaction.written())
      if (one.space == index_of(Space::chunk) && one.cell->second) text += one.cell->second->size();
    if (text == 0 || text <= care_.reserve->room()) return {};
    return fail(Errc::over_quota, "the disk has no room for new mail", "Make room on it, or give it more; deleting mail and sending what is queued go on.");
  }

  // One batch, one sync: all or nothing of the group, on the disk and for readers.
  void write() {
    rocksdb::WriteBatch batch;
    auto& database = gate_->database();
    auto status = rocksdb::Status::OK();
    for (std::size_t space = 0; space < space_count; ++space) {
      for (const auto& [key, value] : overlay_.cells(space)) {
        if (!status.ok()) break;
        auto* family = database.family(space);
        status = value ? batch.Put(family, key, *value) : batch.Delete(family, key);
      }
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    last_ = database.db().GetLatestSequenceNumber() + batch.Count();
    if (status.ok()) status = database.db().Write(options, &batch);
    if (const auto failed = status_of(status, "a commit to the disk failed"); !failed) {
      poison(failed.error());
      return;
    }
    pause_ = first_pause;
    rows_->committed(overlay_);
    counts_.committed(overlay_);
  }

  void poison(const Error& error) {
    poison_ = error;
    poison_->code = Errc::io;
    poison_->todo += " The store takes no more writes until it could be opened again, which is tried by itself.";
    next_try_ = {};
    tell(EngineNews::Kind::failed, poison_->what);
  }

  void open_again() {
    if (care_.reserve != nullptr && care_.reserve->is_short() && care_.reserve->give_up())
      tell(EngineNews::Kind::reserve_given_up, "the disk is full; what was held back is given to deletes and the queue");
    auto opened = gate_->is_open() ? probe(*env_, options_.folder) : Status{};
    if (opened) opened = change_database();
    if (opened) {
      is_there_ = gate_->database().db().GetLatestSequenceNumber() >= last_;
      poison_.reset();
      counts_.perhaps_all();
      tell(EngineNews::Kind::opened_again, is_there_ ? "what was being written is there" : "what was being written is not there");
      return;
    }
    poison_->what = opened.error().what;
    wait_longer();
  }

  void wait_longer() {
    pause_ = std::min(pause_ * 2, longest_pause);
    next_try_ = std::chrono::steady_clock::now() + pause_;
  }

  Status change_database() {
    rows_.reset();
    base_.reset();
    gate_->close();
    TRY_ASSIGN(auto database, RocksDatabase::open(options_, env_, unflushed_for(care_)));
    auto fresh = std::make_shared<RocksGate>(std::move(database));
    {
      const std::lock_guard lock(gate_mutex_);
      gate_ = std::move(fresh);
    }
    open_for_writer();
    return {};
  }

  void open_for_writer() {
    base_.emplace(gate_->database());
    rows_.emplace(*base_);
  }

  void tell(EngineNews::Kind kind, std::string why) const {
    if (care_.tell) care_.tell(EngineNews{kind, std::move(why)});
  }

  const RocksOptions options_;
  rocksdb::Env* env_;
  const RocksCare care_;
  mutable std::mutex gate_mutex_;
  std::shared_ptr<RocksGate> gate_;

  // The writer's own.
  std::optional<RocksReader> base_;
  std::optional<RecentRows> rows_;
  Overlay overlay_;
  std::optional<Error> poison_;
  rocksdb::SequenceNumber last_ = 0;  // of the batch that was written last
  bool is_there_ = false;             // that batch, when the database was opened again
  std::chrono::milliseconds pause_ = first_pause;
  std::chrono::steady_clock::time_point next_try_{};
  CommitCounts counts_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  bool closing_ = false;
  std::jthread writer_;
};

}  // namespace

Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options, rocksdb::Env* env, const RocksCare& care) {
  auto database = RocksDatabase::open(options, env, unflushed_for(care));
  if (!database && care.reserve != nullptr && care.reserve->is_short() && care.reserve->give_up()) {
    // A start on a full disk: the log is written out into the room that was held back.
    database = RocksDatabase::open(options, env, unflushed_for(care));
  }
  if (!database) return fail(database.error());
  return std::make_unique<RocksEngine>(options, env, care, std::move(*database));
}

Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options, const RocksCare& care) { return open_rocks(options, rocksdb::Env::Default(), care); }
Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options) { return open_rocks(options, rocksdb::Env::Default()); }

}  // namespace posthorn::store
