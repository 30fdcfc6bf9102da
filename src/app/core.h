// app/core.h - the store and what it stands on, opened from a configuration: shared by `serve` and by commands that run alone.
#pragma once

#include <functional>
#include <memory>

#include "app/config/config.h"
#include "base/workers.h"
#include "crypto/keyring.h"
#include "net/runtime.h"
#include "store/engine/rocks.h"
#include "store/store.h"

namespace posthorn::app {

// Members are destroyed in reverse order: the store before its engine.
struct Core {
  std::unique_ptr<Clock> clock;
  std::unique_ptr<crypto::Keyring> keyring;
  std::unique_ptr<store::DiskReserve> reserve;
  std::unique_ptr<store::Engine> engine;
  std::unique_ptr<store::Hub> hub;
  std::unique_ptr<store::Store> store;
};

// Makes the data folder (0700) if it is not there. Fails with unavailable if another process has it open.
// `tell` hears what happens to the engine, on a thread of its own. `keyring` empty: the key file is read into this process.
Result<std::unique_ptr<Core>> open_core(const Config& config, Workers& workers, std::function<void(const store::EngineNews&)> tell = {},
                                        std::unique_ptr<crypto::Keyring> keyring = {});

}  // namespace posthorn::app
