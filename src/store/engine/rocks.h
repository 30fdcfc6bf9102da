// store/engine/rocks.h - the RocksDB engine with all that a server wants of it: room held back on the disk, and news for the operator.
//
// After a failed write or sync nothing more is written until the database was opened again from its log (faults.md 5). The engine does
// that by itself, at once and then ever more rarely, and knows afterwards whether the group that met the error is there; if it is not, its
// works run once more. Only if it cannot be opened, or fails again, are they and all that come refused, with Errc::io.
//
// With a reserve, a transaction that writes text of messages (Space::chunk) is refused with Errc::over_quota when the disk has no room for
// it, whoever's mail it is: deletes and the queue's bookkeeping go on (faults.md 4).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/engine/disk_reserve.h"
#include "store/engine/engine.h"

namespace posthorn::store {

struct EngineNews {
  enum class Kind : std::uint8_t { failed, opened_again, reserve_given_up, reserve_taken };
  Kind kind{};
  std::string why;
};

struct RocksCare {
  DiskReserve* reserve = nullptr;                // outlives the engine, which takes it and gives it up
  std::function<void(const EngineNews&)> tell;   // called on a thread of the engine's; must not block
};
Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options, const RocksCare& care);

}  // namespace posthorn::store
