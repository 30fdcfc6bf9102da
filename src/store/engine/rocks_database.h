// store/engine/rocks_database.h - an open RocksDB with one column family a Space: opening with the right options and the
// recovery check, reading, and RocksDB's errors as ours. The only header outside rocks_*.cpp and tests that names RocksDB.
// Fails: Errc::unavailable (another process has the folder), corrupt (acknowledged commits are damaged), unsupported (made
// by a newer Posthorn), io.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "store/engine/rocks.h"

namespace posthorn::store {

class RocksDatabase {
 public:
  // `env` is RocksDB's own door to the disk; tests give one that fails.
  // What lies in memory and log together stays below `unflushed`: so much must fit on the disk at the next start.
  static Result<std::unique_ptr<RocksDatabase>> open(const RocksOptions& options, rocksdb::Env* env, std::size_t unflushed = most_unflushed);
  static constexpr std::size_t most_unflushed = 64u << 20;
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* family(std::size_t space) const { return families_.at(space); }
  rocksdb::ColumnFamilyHandle* family(Space space) const { return families_.at(index_of(space)); }

 private:
  RocksDatabase() = default;
  std::unique_ptr<rocksdb::Env> env_;  // lives longer than what uses it
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_family_ = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, space_count> families_{};
};

Status status_of(const rocksdb::Status& status, std::string_view doing);

// Reads what is committed: at a snapshot, or, for the one writer, simply now.
class RocksReader : public Reader {
 public:
  explicit RocksReader(const RocksDatabase& database, const rocksdb::Snapshot* snapshot = nullptr);
  Result<std::optional<std::string>> get(Space space, std::string_view key) const override;
  Status scan(Space space, std::string_view from, std::string_view to,
              const std::function<bool(std::string_view key, std::string_view value)>& take) const override;
  Result<std::optional<Entry>> last(Space space, std::string_view from, std::string_view to) const override;

 private:
  const RocksDatabase& database_;
  rocksdb::ReadOptions options_;
};

// As open_rocks() of engine.h, over a disk of the caller's.
Result<std::unique_ptr<Engine>> open_rocks(const RocksOptions& options, rocksdb::Env* env, const RocksCare& care = {});

}  // namespace posthorn::store
