#include "crypto/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::crypto {
namespace {

std::string account_bound(AccountId account) {
  std::string out = "account ";
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((number(account) >> shift) & 0xff);
  return out;
}

// Holds nothing that changes, so any thread may use it.
class MasterKeyring final : public Keyring {
 public:
  explicit MasterKeyring(std::string_view master)
      : account_key_(hkdf_sha256(master, "", "posthorn account keys", 32)),
        queue_key_(hkdf_sha256(master, "", "posthorn queue keys", 32)),
        pseudonym_key_(hkdf_sha256(master, "", "posthorn pseudonyms", 32)) {}

  std::string new_account_key(AccountId account) override { return seal(account_key_, random_bytes(32), account_bound(account)); }

  Result<std::string> wrap(AccountId account, std::string_view account_key, std::string_view data_key) const override {
    TRY_ASSIGN(const auto key, open(account_key_, account_key, account_bound(account)));
    return seal(key, data_key, account_bound(account));
  }
  Result<std::string> unwrap(AccountId account, std::string_view account_key, std::string_view wrapped) const override {
    TRY_ASSIGN(const auto key, open(account_key_, account_key, account_bound(account)));
    return open(key, wrapped, account_bound(account));
  }
  Result<std::string> wrap_queue(std::string_view data_key) const override { return seal(queue_key_, data_key, "queue"); }
  Result<std::string> unwrap_queue(std::string_view wrapped) const override { return open(queue_key_, wrapped, "queue"); }
  std::string pseudonym(std::string_view purpose, std::string_view text) const override {
    return hmac_sha256(hmac_sha256(pseudonym_key_, purpose), text);
  }

 private:
  std::string account_key_, queue_key_, pseudonym_key_;
};

std::unexpected<Error> key_error(const std::string& file, const std::string& what) {
  return fail(Errc::io, "the key file " + file + " " + what, "Restore it from your backup: without it no stored mail can be read");
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Under a temporary name, synced, then linked into place and the folder synced: a power cut leaves a whole key or none.
Status make_key(const std::string& file) {
  const std::string temporary = file + ".new";
  ::unlink(temporary.c_str());
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0) return key_error(file, "cannot be made");
  const bool good = write_all(out, hex(random_bytes(32)) + "\n") && ::fsync(out) == 0;
  if (::close(out) != 0 || !good) return key_error(file, "cannot be written: is the disk full?");
  if (::link(temporary.c_str(), file.c_str()) != 0 && errno != EEXIST) return key_error(file, "cannot be put into place");
  ::unlink(temporary.c_str());
  const auto folder = std::filesystem::path(file).parent_path().string();
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && ::fsync(directory) == 0;
  if (directory >= 0) ::close(directory);
  return synced ? Status{} : key_error(file, "cannot be synced to disk");
}

}  // namespace

Result<std::unique_ptr<Keyring>> file_keyring(const std::string& file) {
  if (::access(file.c_str(), F_OK) != 0) TRY(make_key(file));
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return key_error(file, "cannot be looked at");
  if ((info.st_mode & 077) != 0) return fail(Errc::refused, "the key file " + file + " can be read by others", "Run: chmod 600 " + file);
  const int in = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text(256, '\0');
  const auto size = in < 0 ? -1 : ::read(in, text.data(), text.size());
  if (in >= 0) ::close(in);
  if (size < 0) return key_error(file, "cannot be read");
  const auto master = unhex(trim(std::string_view(text).substr(0, static_cast<std::size_t>(size))));
  if (!master || master->size() != 32) return key_error(file, "does not hold 64 hexadecimal digits");
  return std::make_unique<MasterKeyring>(*master);
}

std::unique_ptr<Keyring> memory_keyring() { return std::make_unique<MasterKeyring>(random_bytes(32)); }

}  // namespace posthorn::crypto
