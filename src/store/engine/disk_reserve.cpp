#include "store/engine/disk_reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace posthorn::store {
namespace {

namespace fs = std::filesystem;

constexpr int files = 32;
constexpr std::uint64_t inodes_needed = 8;  // below this no database can make its next files
constexpr std::int64_t look_every = 50;     // milliseconds
constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

struct Free {
  std::uint64_t bytes = 0, total = 0, inodes = 0;
};

Free free_at(const std::string& folder) {
  struct statvfs now{};
  if (statvfs(folder.c_str(), &now) != 0) return {no_limit, no_limit, no_limit};  // we cannot tell: the writes themselves will
  return {now.f_bavail * now.f_frsize, now.f_blocks * now.f_frsize, now.f_files == 0 ? no_limit : now.f_favail};  // btrfs counts no inodes
}

bool fill(const std::string& file, std::uint64_t bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return false;
  const bool good = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes)) == 0;
  ::close(descriptor);
  return good;
}

std::int64_t milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

DiskReserve::DiskReserve(std::string folder, std::uint64_t bytes) : folder_(std::move(folder)), bytes_(0) {
  if (bytes == 0) return;
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  bytes_ = std::min(bytes, free_at(folder_).total / 8);
  // What an earlier run held is counted as free only once it is held again.
  std::uint64_t there = 0;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) there += at->file_size(error);
  held_ = bytes_ > 0 && !error && there == bytes_ / files * files;
}

std::uint64_t DiskReserve::look() const {
  if (folder_.empty()) return no_limit;
  const auto now = free_at(folder_);
  const auto back = held_ ? 0 : bytes_;
  if (now.inodes < inodes_needed || now.bytes < back) return 0;
  return now.bytes - back;
}

std::uint64_t DiskReserve::room() const {
  const auto now = milliseconds();
  if (now - looked_ >= look_every) {
    room_ = look();
    looked_ = now;
  }
  return room_;
}

bool DiskReserve::is_short() const {
  if (folder_.empty()) return false;
  const auto now = free_at(folder_);
  return now.bytes < bytes_ || now.inodes < inodes_needed;
}

bool DiskReserve::take() {
  if (held_ || bytes_ == 0) return false;
  const auto now = free_at(folder_);
  if (now.bytes < bytes_ + bytes_ / 2 || now.inodes < files + inodes_needed) return false;
  for (int i = 0; i < files; ++i)
    if (!fill(folder_ + "/" + std::to_string(i), bytes_ / files)) {
      give_up();
      return false;
    }
  held_ = true;
  looked_ = -look_every;
  return true;
}

bool DiskReserve::give_up() {
  const bool was = held_.exchange(false);
  std::error_code error;
  for (int i = 0; i < files; ++i) fs::remove(folder_ + "/" + std::to_string(i), error);
  looked_ = -look_every;
  return was;
}

}  // namespace posthorn::store
