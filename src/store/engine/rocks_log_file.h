// store/engine/rocks_log_file.h - a disk for RocksDB whose write-ahead logs are written over zeros that stand there already.
// A log that grows with each commit makes each sync write the file's new length too, a second trip to the disk; over zeros the
// bytes alone go there (measured: 133 us a sync against 215 us). The log is filled ahead in steps; large commits are appended as
// they come, for there the length is a small part. Used by rocks_database.cpp alone.
// Recovery reads zeros as the end of a log's block, and a record torn into them as torn (rocks_database.cpp, Opener).
#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace posthorn::store {

// Files ending in .log are filled ahead, all others are `below`'s as they are.
std::shared_ptr<rocksdb::FileSystem> with_filled_logs(std::shared_ptr<rocksdb::FileSystem> below);

}  // namespace posthorn::store
