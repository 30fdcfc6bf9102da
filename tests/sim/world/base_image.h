// sim/world/base_image.h - both servers as they are before anything happens: domains, people, an alias, the signing key. Made once a program,
// since a password costs more than a whole simulation; every simulation starts from a copy.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "crypto/keyring.h"
#include "store/engine/memory_engine.h"
#include "store/store.h"

namespace posthorn::sim {

struct BaseImage {
  std::shared_ptr<crypto::Keyring> keyring;
  std::unique_ptr<store::MemoryEngine> engine;
  std::map<std::string, AccountId> people;
};

const BaseImage& blue_image();
const BaseImage& green_image();
// The same into another store.
Task<void> fill_blue(store::Store& store, crypto::Keyring& keyring);

}  // namespace posthorn::sim
