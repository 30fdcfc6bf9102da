#include "app/core.h"

#include <filesystem>

#include "store/engine/engine.h"

namespace posthorn::app {

Result<std::unique_ptr<Core>> open_core(const Config& config, Workers& workers) {
  std::error_code error;
  const bool fresh = std::filesystem::create_directories(config.data, error);
  if (error) return fail(Errc::io, "cannot make the data folder " + config.data + ": " + error.message(), "Make it yourself, or set server.data to another folder");
  if (fresh) std::filesystem::permissions(config.data, std::filesystem::perms::owner_all, error);
  auto core = std::make_unique<Core>();
  core->clock = net::system_clock();
  TRY_ASSIGN(core->keyring, crypto::file_keyring(config.keyring_file()));
  store::RocksOptions options;
  options.folder = config.store_folder();
  options.cache_bytes = config.cache;
  TRY_ASSIGN(core->engine, store::open_rocks(options));
  core->hub = store::make_hub();
  core->store = std::make_unique<store::Store>(*core->engine, *core->keyring, *core->clock, workers, *core->hub);
  return core;
}

}  // namespace posthorn::app
