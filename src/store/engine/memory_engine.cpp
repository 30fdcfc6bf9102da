// store/engine/memory_engine.cpp - see memory_engine.h.
#include "store/engine/memory_engine.h"

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "store/engine/commit_counts.h"
#include "store/engine/memory_disk.h"
#include "store/engine/overlay.h"

namespace posthorn::store {
namespace {

struct Waiting {
  Work work;
  Done done;
  Status status;
};

// The disk and the lock that guards it. Snapshots hold it, so that they give their maps back under the same lock: only
// then does a map's use count tell a commit for certain whether somebody still reads it.
struct Shared {
  mutable std::mutex mutex;
  MemoryDisk disk;
};

class Snapshot final : public Reader {
 public:
  explicit Snapshot(std::shared_ptr<Shared> shared) : shared_(std::move(shared)), reader_(spaces_) {
    const std::lock_guard lock(shared_->mutex);
    spaces_ = shared_->disk.durable();
  }
  ~Snapshot() override {
    const std::lock_guard lock(shared_->mutex);
    for (auto& map : spaces_) map.reset();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  Result<std::optional<std::string>> get(Space space, std::string_view key) const override { return reader_.get(space, key); }
  Status scan(Space space, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view, std::string_view)>& take) const override {
    return reader_.scan(space, from, to, take);
  }
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override {
    return reader_.last(space, from, to);
  }

 private:
  std::shared_ptr<Shared> shared_;
  MemorySpaces spaces_;
  MemoryReader reader_;
};

// Everything but the lifetime: posted handlers share it, so one that comes late finds an empty queue and not a ruin.
class Core {
 public:
  Core(MemoryOptions options, MemoryDisk disk) : options_(std::move(options)), shared_(std::make_shared<Shared>()) {
    shared_->disk = std::move(disk);
  }

  static void transact(const std::shared_ptr<Core>& core, Work work, Done done) {
    {
      const std::lock_guard lock(core->mutex_);
      core->waiting_.push_back({std::move(work), std::move(done), {}});
      if (core->options_.executor) {
        if (std::exchange(core->posted_, true)) return;
      } else if (std::exchange(core->busy_, true)) {
        return;
      }
    }
    if (core->options_.executor) {
      boost::asio::post(*core->options_.executor, [core] { core->posted(core); });
    } else {
      core->drain();
    }
  }

  // Waits for the thread that is at work, then does the rest here.
  void close() {
    {
      std::unique_lock lock(mutex_);
      idle_.wait(lock, [this] { return !busy_; });
      busy_ = true;
    }
    drain();
  }

  std::shared_ptr<Shared> shared() const { return shared_; }
  std::size_t syncs() const {
    const std::lock_guard lock(shared_->mutex);
    return syncs_;
  }
  std::uint64_t commits_to(Space space) const { return counts_.of(space); }

 private:
  // One group, and another posting if more has come meanwhile.
  void posted(const std::shared_ptr<Core>& self) {
    {
      const std::lock_guard lock(mutex_);
      posted_ = false;
      if (std::exchange(busy_, true)) return;  // whoever is at work looks again when it is done
    }
    group();
    const std::lock_guard lock(mutex_);
    busy_ = false;
    idle_.notify_all();
    if (!waiting_.empty() && !std::exchange(posted_, true)) {
      boost::asio::post(*options_.executor, [self] { self->posted(self); });
    }
  }

  // Groups until nothing waits.
  void drain() {
    while (true) {
      group();
      const std::lock_guard lock(mutex_);
      if (!waiting_.empty()) continue;
      busy_ = false;
      idle_.notify_all();
      return;
    }
  }

  void group() {
    std::deque<Waiting> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.swap(waiting_);
    }
    if (auto broken = commit(taken); !broken) {
      poison_ = broken.error();
      for (auto& one : taken) one.status = broken;
    }
    for (auto& one : taken) one.done(std::move(one.status));
  }

  // Runs all and makes them durable, or says why everybody failed.
  Status commit(std::deque<Waiting>& taken) {
    if (poison_) return std::unexpected(*poison_);
    Overlay overlay;
    const MemoryReader base(shared_->disk.durable());
    for (auto& one : taken) {
      OverlayTransaction transaction(base, overlay);
      one.status = transaction.run(one.work);
      if (transaction.written().empty()) continue;
      const std::lock_guard lock(shared_->mutex);
      shared_->disk.append(transaction.written());
      TRY(step("a write to the log failed"));
    }
    if (overlay.empty()) return {};
    const std::lock_guard lock(shared_->mutex);
    TRY(step("the sync of the log failed"));
    shared_->disk.sync();
    ++syncs_;
    counts_.committed(overlay);
    return step("the disk went away after the sync");
  }

  Status step(const char* what) {
    if (options_.fault == nullptr || !options_.fault->step()) return {};
    return fail(Errc::io, what, "The engine takes no more writes: put the disk right, then restart Posthorn.");
  }

  MemoryOptions options_;
  std::shared_ptr<Shared> shared_;
  std::size_t syncs_ = 0;
  CommitCounts counts_;
  std::optional<Error> poison_;  // touched only by the thread at work

  std::mutex mutex_;
  std::condition_variable idle_;
  std::deque<Waiting> waiting_;
  bool busy_ = false, posted_ = false;
};

class Memory final : public MemoryEngine {
 public:
  Memory(MemoryOptions options, MemoryDisk disk) : core_(std::make_shared<Core>(std::move(options), std::move(disk))) {}
  ~Memory() override { core_->close(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  void transact(Work work, Done done) override { Core::transact(core_, std::move(work), std::move(done)); }
  std::unique_ptr<Reader> snapshot() const override { return std::make_unique<Snapshot>(core_->shared()); }
  std::unique_ptr<MemoryEngine> crash(std::uint64_t seed, MemoryOptions options) const override {
    const auto shared = core_->shared();
    const std::lock_guard lock(shared->mutex);
    return std::make_unique<Memory>(std::move(options), shared->disk.crash(seed));
  }
  std::size_t syncs() const override { return core_->syncs(); }
  std::optional<std::uint64_t> commits_to(Space space) const override { return core_->commits_to(space); }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

bool Fault::at(std::size_t n) {
  if (armed_ && n > 0 && !fired()) return false;
  armed_ = true;
  step_ = n;
  count_ = 0;
  return true;
}

std::unique_ptr<MemoryEngine> memory_engine(MemoryOptions options) {
  return std::make_unique<Memory>(std::move(options), MemoryDisk());
}

}  // namespace posthorn::store
