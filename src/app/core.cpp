#include "app/core.h"

#include <filesystem>

namespace posthorn::app {

namespace {

// attacks.md F18: a file of ours is where it seems to be. The folder itself may lie behind a link, nothing in it may.
Status refuse_links(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->is_symlink(error))
      return fail(Errc::refused, at->path().string() + " is a symbolic link, and those are not followed in the data folder",
                  "Put the file itself there, or set server.data to where the files are");
  if (error) return fail(Errc::io, "cannot look through the data folder " + folder + ": " + error.message(), "Check its owner and mode");
  return {};
}

}  // namespace

Result<std::unique_ptr<Core>> open_core(const Config& config, Workers& workers, std::function<void(const store::EngineNews&)> tell,
                                        std::unique_ptr<crypto::Keyring> keyring) {
  std::error_code error;
  const bool fresh = std::filesystem::create_directories(config.data, error);
  if (error) return fail(Errc::io, "cannot make the data folder " + config.data + ": " + error.message(), "Make it yourself, or set server.data to another folder");
  if (fresh) std::filesystem::permissions(config.data, std::filesystem::perms::owner_all, error);
  TRY(refuse_links(config.data));
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
