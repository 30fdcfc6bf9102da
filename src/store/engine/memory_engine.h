// store/engine/memory_engine.h - the Engine of the tests: ordered maps, real snapshots, and a disk that can fail or lose power.
//
// Deterministic: it has no threads of its own. Without an executor (inline) transact() runs the work, "syncs" and calls
// done before it returns; called from inside a work or done it queues, and the outermost call goes on with the queue. With
// an executor transact() only queues; a posted handler takes all that waits as one group, so group commit happens in
// virtual time too. Any thread may call it; a thread that finds another one at work leaves its transaction to that one.
//
// The disk is a write-ahead log. A commit is one record (length, checksum, puts and erases) appended to what is pending,
// and durable and visible after the sync of its group. These are the steps, in order, that a Fault can hit:
//   append (one for each transaction that wrote) | sync (one a group that wrote) | answer (durable, but nobody was told)
// At the step hit everything waiting gets Errc::io and the engine is poisoned. Whether the disk died or the power went
// cannot be told apart from outside, so there is one kind. What the disk holds then is told by crash(seed): all that was
// synced, and of the pending bytes, by the seed: nothing, all, a cut at any byte, or any set of 512-byte sectors with zeros
// for the rest. The records are then read as a log is: the first that does not check ends it, and all behind it is lost.
//
//   Fault fault;
//   for (std::size_t n = 0; fault.at(n); ++n) {
//     auto engine = memory_engine({.fault = &fault});
//     ... a scenario; remember what was acknowledged ...
//     auto after = engine->crash(n);
//     ... everything acknowledged is in `after`, nothing is half there ...
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/task.h"
#include "store/engine/engine.h"

namespace posthorn::store {

// Which step of a run fails. One engine (or several of one thread) counts its steps on it.
class Fault {
 public:
  // Arms step n for the next run. False when the last run ended before its step came: every step has failed once, and
  // that last run went through without a fault.
  bool at(std::size_t n);
  bool fired() const { return count_ > step_; }
  std::size_t count() const { return count_; }  // of the steps of this run
  // Called by the engine at each step: true when it is this one that fails.
  bool step() { return armed_ && count_++ == step_; }

 private:
  bool armed_ = false;
  std::size_t step_ = 0, count_ = 0;
};

struct MemoryOptions {
  std::optional<Executor> executor = std::nullopt;  // none: inline
  Fault* fault = nullptr;                           // outlives the engine
};

class MemoryEngine : public Engine {
 public:
  // A new engine with what the disk holds when the power goes now. This one stays as it is.
  virtual std::unique_ptr<MemoryEngine> crash(std::uint64_t seed, MemoryOptions options = {}) const = 0;
  virtual std::size_t syncs() const = 0;  // so far: how well commits are grouped
};

// Destroying it first finishes what waits, on the calling thread.
std::unique_ptr<MemoryEngine> memory_engine(MemoryOptions options = {});

}  // namespace posthorn::store
