// store/engine/rocks_log_file.cpp - see rocks_log_file.h.
#include "store/engine/rocks_log_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/engine/rocks_log.h"

namespace posthorn::store {
namespace {

using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A log always ends with a whole block: a tail shorter than a record's header would look like damage.
constexpr std::uint64_t step = 1u << 20;
static_assert(step % log_block_size == 0);
// More than this at once is not worth writing twice.
constexpr std::size_t most_filled = 128u << 10;

const std::string& zeros() {
  static const std::string bytes(step + most_filled, '\0');
  return bytes;
}

// RocksDB appends to a log from one thread; its length is what was appended.
class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit LogFile(std::unique_ptr<FSWritableFile>&& file) : FSWritableFileOwnerWrapper(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    fill(data.size(), options, debug);
    return appended(FSWritableFileOwnerWrapper::Append(data, options, debug), data.size());
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& sum, IODebugContext* debug) override {
    fill(data.size(), options, debug);
    return appended(FSWritableFileOwnerWrapper::Append(data, options, sum, debug), data.size());
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return length_; }
  // A log that is closed in peace leaves no zeros. After a crash they stay, and the next start reads over them.
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    auto status = filled_ > length_ ? FSWritableFileOwnerWrapper::Truncate(length_, options, debug) : IOStatus::OK();
    auto closed = FSWritableFileOwnerWrapper::Close(options, debug);
    return status.ok() ? closed : status;
  }

 private:
  // Zeros go behind what is there, by position: the place where the next append goes does not move. A disk that has no room for them
  // may still have it for the commit, so failing here is nothing.
  void fill(std::size_t size, const IOOptions& options, IODebugContext* debug) {
    if (length_ + size <= filled_ || size > most_filled) return;
    const auto from = std::max(filled_, length_);
    const auto until = ((length_ + size) / step + 1) * step;
    const auto status = FSWritableFileOwnerWrapper::PositionedAppend(Slice(zeros().data(), until - from), from, options, debug);
    if (status.ok()) filled_ = until;
  }
  IOStatus appended(IOStatus status, std::size_t size) {
    if (status.ok()) length_ += size;
    return status;
  }

  std::uint64_t length_ = 0;
  std::uint64_t filled_ = 0;
};

class FilledLogs final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "PosthornFilledLogs"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<FSWritableFile>* file,
                           IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) *file = std::make_unique<LogFile>(std::move(*file));
    return status;
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> with_filled_logs(std::shared_ptr<rocksdb::FileSystem> below) {
  return std::make_shared<FilledLogs>(std::move(below));
}

}  // namespace posthorn::store
