#include "crypto/keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/descriptor.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/master_keyring.h"

namespace posthorn::crypto {
namespace {

std::unexpected<Error> key_error(const std::string& file, const std::string& what, const std::string& todo) {
  return fail(Errc::io, "the key file " + file + " " + what, todo);
}
std::unexpected<Error> not_made(const std::string& file, const std::string& what) {
  return key_error(file, what + ": " + std::strerror(errno), "Look at the free space and the rights of its folder");
}
std::unexpected<Error> not_read(const std::string& file, const std::string& what) {
  return key_error(file, what, "Restore it from your backup: without it no stored mail can be read");
}

// Wipes key material that stood in memory for a moment.
class Wiped {
 public:
  explicit Wiped(std::string given) : bytes(std::move(given)) {}
  ~Wiped() { sodium_memzero(bytes.data(), bytes.size()); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  std::string bytes;
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Status sync_folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path().string();
  const Descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.good() || ::fsync(directory.number()) != 0) return not_made(file, "cannot be synced to disk with its folder");
  return {};
}

// Under a name of its own, synced, then linked into place: a power cut leaves a whole key or none, and of two processes that make one
// at once the first wins and the second reads that.
Status make_key(const std::string& file) {
  const std::string temporary = file + "." + hex(random_bytes(8)) + ".new";
  const Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out.good()) return not_made(file, "cannot be made");
  const Wiped text(hex(random_bytes(32)) + "\n");
  Status made;
  if (!write_all(out.number(), text.bytes) || ::fsync(out.number()) != 0) made = not_made(file, "cannot be written");
  else if (::link(temporary.c_str(), file.c_str()) != 0 && errno != EEXIST) made = not_made(file, "cannot be put into place");
  ::unlink(temporary.c_str());
  return made;
}

Result<std::string> read_key(const std::string& file, int in) {
  struct stat info {};
  if (::fstat(in, &info) != 0 || !S_ISREG(info.st_mode)) return not_read(file, "is not a plain file");
  if ((info.st_mode & 077) != 0) return fail(Errc::refused, "the key file " + file + " can be read by others", "Run: chmod 600 " + file);
  Wiped text(std::string(256, '\0'));
  const auto size = ::read(in, text.bytes.data(), text.bytes.size());
  if (size < 0) return not_read(file, std::string("cannot be read: ") + std::strerror(errno));
  auto master = unhex(trim(std::string_view(text.bytes).substr(0, static_cast<std::size_t>(size))));
  if (!master || master->size() != 32) return not_read(file, "does not hold 64 hexadecimal digits");
  return std::move(*master);
}

}  // namespace

Status make_key_file(const std::string& file) {
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) TRY(make_key(file));
  // Also for a file that was there: who made it may have been stopped before its name was on disk.
  return sync_folder_of(file);
}

Result<std::unique_ptr<LocalKeyring>> local_keyring(const std::string& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.good()) return not_read(file, std::string("cannot be opened: ") + std::strerror(errno));
  TRY_ASSIGN(auto master, read_key(file, in.number()));
  const Wiped wiped(std::move(master));
  return master_keyring(wiped.bytes);
}

Result<std::unique_ptr<Keyring>> file_keyring(const std::string& file) {
  TRY(make_key_file(file));
  TRY_ASSIGN(auto keyring, local_keyring(file));
  return std::unique_ptr<Keyring>(std::move(keyring));
}

std::unique_ptr<Keyring> memory_keyring() { return master_keyring(random_bytes(32)); }

}  // namespace posthorn::crypto
