#include "app/core.h"

#include <filesystem>

namespace posthorn::app {

Result<std::unique_ptr<Core>> open_core(const Config& config, Workers& workers, std::function<void(const store::EngineNews&)> tell,
                                        std::unique_ptr<crypto::Keyring> keyring) {
  std::error_code error;
  const bool fresh = std::filesystem::create_directories(config.data, error);
  if (error) return fail(Errc::io, "cannot make the data folder " + config.data + ": " + error.message(), "Make it yourself, or set server.data to another folder");
  if (fresh) std::filesystem::permissions(config.data, std::filesystem::perms::owner_all, error);
  auto core = std::make_unique<Core>();
  core->clock = net::system_clock();
  core->keyring = std::move(keyring);
  if (!core->keyring) {
    TRY_ASSIGN(core->keyring, crypto::file_keyring(config.keyring_file()));
  }
  store::RocksOptions options;
  options.folder = config.store_folder();
  options.cache_bytes = config.cache;
  core->reserve = std::make_unique<store::DiskReserve>(config.reserve_folder(), config.limits.reserve);
  TRY_ASSIGN(core->engine, store::open_rocks(options, store::RocksCare{core->reserve.get(), std::move(tell)}));
  core->hub = store::make_hub();
  core->store = std::make_unique<store::Store>(*core->engine, *core->keyring, *core->clock, workers, *core->hub);
  return core;
}

}  // namespace posthorn::app
