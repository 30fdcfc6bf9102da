// store/engine/rocks_database.cpp - see rocks_database.h.
#include "store/engine/rocks_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "store/engine/rocks_log.h"
#include "store/engine/rocks_log_file.h"

namespace posthorn::store {
namespace {

using rocksdb::WALRecoveryMode;

// The log is replayed at start: this bounds how long that takes.
constexpr std::size_t longest_log = 128u << 20;

// RocksDB's own log file would be one more file on a disk that may be full, and Debian's build of RocksDB ends the process when it writes
// to a file after an error on it. What matters comes back as a status.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(rocksdb::Env* env, WALRecoveryMode recovery, std::size_t unflushed) {
  rocksdb::DBOptions o;
  o.env = env;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.wal_recovery_mode = recovery;
  o.paranoid_checks = true;
  o.track_and_verify_wals_in_manifest = true;  // a closed log that is missing or short is an error, not a loss
  o.max_bgerror_resume_count = 0;              // faults.md 5: after an error we stop, we do not try again behind our own back
  o.avoid_unnecessary_blocking_io = true;      // a reader that lets go of the last snapshot does not delete files
  o.db_write_buffer_size = unflushed;  // over all families together; the oldest is flushed when it is used up
  o.max_total_wal_size = std::min(longest_log, 2 * unflushed);
  o.bytes_per_sync = 1u << 20;
  o.compaction_readahead_size = 1u << 20;  // else a compaction reads block by block: two system calls for each message that comes
  o.allow_concurrent_memtable_write = false;  // there is one writer, and hints of where to insert need it so
  o.max_open_files = 256;
  o.max_file_opening_threads = 1;
  o.max_background_jobs = 2;
  o.max_manifest_file_size = 16u << 20;
  o.info_log = std::make_shared<NoLog>();
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.skip_stats_update_on_db_open = true;
  return o;
}

// Rows of one account come in the order of their keys, or are the same row again: RocksDB then finds the place in its skip list from the
// last one with this prefix. 0: no order to use.
std::size_t hint_prefix(Space space) {
  switch (space) {
    case Space::clock: case Space::account: case Space::email: case Space::summary: case Space::thread: case Space::log: case Space::evidence: return 8;
    case Space::counters: case Space::membership: return 12;
    case Space::blob: case Space::blob_reference: case Space::chunk: case Space::queue_due: return 1;
    default: return 0;
  }
}

rocksdb::ColumnFamilyOptions family_options(Space space, const std::shared_ptr<rocksdb::TableFactory>& table) {
  rocksdb::ColumnFamilyOptions o;
  o.table_factory = table;
  o.write_buffer_size = 16u << 20;
  o.arena_block_size = 64u << 10;  // the default of an eighth of the buffer would let 22 idle families eat the budget
  if (const auto prefix = hint_prefix(space); prefix > 0) o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix));
  o.level_compaction_dynamic_level_bytes = true;
  o.compression = rocksdb::kLZ4Compression;
  o.bottommost_compression = rocksdb::kZSTD;
  if (space == Space::chunk || space == Space::search) {
    // Bodies are written once and read rarely: blob files keep them out of compaction. They are sealed, so no codec
    // would make them smaller. So are the blocks of the index of words, which are written a few times.
    if (space == Space::chunk) o.write_buffer_size = 32u << 20;
    o.compression = rocksdb::kNoCompression;
    o.bottommost_compression = rocksdb::kDisableCompressionOption;
    o.enable_blob_files = true;
    o.min_blob_size = 4096;
    o.blob_compression_type = rocksdb::kNoCompression;
    o.enable_blob_garbage_collection = true;
  }
  return o;
}

std::vector<rocksdb::ColumnFamilyDescriptor> families_of(std::size_t cache_bytes) {
  rocksdb::BlockBasedTableOptions blocks;
  // RocksDB would cut 64 MiB into shards of 1 MiB, and what does not fit into its shard is not kept: the filter of a file of small rows
  // (1 MiB) was read again for each delivery into a mailbox of a million messages.
  constexpr int shard_bits = 3;
  blocks.block_cache = rocksdb::NewLRUCache(cache_bytes, shard_bits, false, 0.5);
  blocks.cache_index_and_filter_blocks = true;  // so that cache_bytes bounds them too
  blocks.cache_index_and_filter_blocks_with_high_priority = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  // Index and filter in parts of a few KB: a question reads one part, and what is asked for often stays.
  blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  blocks.partition_filters = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.block_size = 8u << 10;
  const std::shared_ptr<rocksdb::TableFactory> table(rocksdb::NewBlockBasedTableFactory(blocks));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(Space::account, table));
  for (const char letter : all_spaces) {
    families.emplace_back(std::string(1, letter), family_options(static_cast<Space>(letter), table));
  }
  return families;
}

struct Opened {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
};

class Opener {
 public:
  Opener(const RocksOptions& options, rocksdb::Env* env, std::size_t unflushed)
      : folder_(options.folder), env_(env), unflushed_(unflushed), families_(families_of(options.cache_bytes)) {}

  // What the log may have lost at a crash, and what it must not. A commit is acknowledged after the sync of its record,
  // and the next record is begun only after that (one writer, sync=true; a failed sync ends all writing). So when a log is
  // damaged and no later record stands behind the damage, no acknowledged commit is missing: that tail is torn by the crash
  // and is dropped (point in time). A later record proves that the damaged one had been synced: then the medium has lost
  // what we promised, and we must not start as if nothing were. RocksDB has no mode for this: kPointInTimeRecovery drops
  // both kinds without a word, kTolerateCorruptedTailRecords refuses tears whose pages reached the disk out of order. So:
  // open strictly; only if that finds damage, look where recovery would end and whether anything lies beyond.
  // Damage to the very last record looks like a tear to anybody.
  Result<Opened> open() {
    Opened opened;
    auto status = open_as(WALRecoveryMode::kAbsoluteConsistency, opened);
    if (!status.IsCorruption()) return checked(status, std::move(opened));
    const auto end = end_of_recovery();
    // The damaged batch itself, its beginning perhaps whole, is numbered end + 1.
    if (!end || lost_batches_after(*end + 1)) return checked(status, {});
    status = open_as(WALRecoveryMode::kPointInTimeRecovery, opened);
    return checked(status, std::move(opened));
  }

 private:
  rocksdb::Status open_as(WALRecoveryMode recovery, Opened& opened) {
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(database_options(env_, recovery, unflushed_), folder_, families_, &opened.handles, &db);
    opened.db.reset(db);
    return status;
  }

  // The number of the last write that a recovery up to the damage would find. Changes nothing.
  std::optional<rocksdb::SequenceNumber> end_of_recovery() {
    auto options = database_options(env_, WALRecoveryMode::kPointInTimeRecovery, unflushed_);
    options.create_if_missing = options.create_missing_column_families = false;
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    if (!rocksdb::DB::OpenForReadOnly(options, folder_, families_, &handles, &db).ok()) return std::nullopt;
    const std::unique_ptr<rocksdb::DB> owned(db);
    const auto number = db->GetLatestSequenceNumber();
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    return number;
  }

  bool lost_batches_after(rocksdb::SequenceNumber number) const {
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() != ".log") continue;
      std::ifstream log(at->path(), std::ios::binary);
      std::string block(log_block_size, '\0');
      while (log) {
        log.read(block.data(), static_cast<std::streamsize>(block.size()));
        if (block_has_batch_after(std::string_view(block).substr(0, static_cast<std::size_t>(log.gcount())), number)) return true;
      }
    }
    return static_cast<bool>(error);  // a folder that cannot be listed proves nothing: refuse
  }

  Result<Opened> checked(const rocksdb::Status& status, Opened opened) const {
    if (status.ok()) return opened;
    const auto text = status.ToString();
    if (status.IsIOError() && text.find("LOCK") != std::string::npos) {
      return fail(Errc::unavailable, "the data folder " + folder_ + " is in use by another process (" + text + ")",
                  "Stop that process (often a running `posthorn serve`), or name another folder.");
    }
    if (status.IsCorruption()) {
      return fail(Errc::corrupt, "the data folder " + folder_ + " is damaged: " + text,
                  "Check the disk, keep a copy of the folder, then restore a backup into an empty one.");
    }
    if (status.IsInvalidArgument() && text.find("olumn famil") != std::string::npos) {
      return fail(Errc::unsupported, "the data folder " + folder_ + " was written by a newer Posthorn: " + text,
                  "Start that version, or restore a backup made by this one.");
    }
    return fail(Errc::io, "cannot open the data folder " + folder_ + ": " + text,
                "Check that the folder exists, belongs to the user Posthorn runs as, and that the disk is well and not full.");
  }

  std::string folder_;
  rocksdb::Env* env_;
  std::size_t unflushed_;
  std::vector<rocksdb::ColumnFamilyDescriptor> families_;
};

// The folder holds mail: nobody else on the machine may look in.
Status make_folder(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::create_directories(folder, error) && !error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Errc::io, "cannot make the data folder " + folder + ": " + error.message(), "Make it, or name another one.");
}

}  // namespace

Status status_of(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return {};
  const auto what = std::string(doing) + ": " + status.ToString();
  if (status.IsCorruption()) return fail(Errc::corrupt, what, "Check the disk, then restore what is damaged from a backup.");
  if (status.IsNoSpace()) return fail(Errc::io, what, "The disk is full: make room on it.");
  return fail(Errc::io, what, "Check the disk.");
}

Result<std::unique_ptr<RocksDatabase>> RocksDatabase::open(const RocksOptions& options, rocksdb::Env* env, std::size_t unflushed) {
  TRY(make_folder(options.folder));
  auto filling = rocksdb::NewCompositeEnv(with_filled_logs(env->GetFileSystem()));
  TRY_ASSIGN(auto opened, Opener(options, filling.get(), unflushed).open());
  std::unique_ptr<RocksDatabase> database(new RocksDatabase);
  database->env_ = std::move(filling);
  database->db_ = std::move(opened.db);
  database->default_family_ = opened.handles.front();
  for (std::size_t i = 0; i < space_count; ++i) database->families_[i] = opened.handles.at(i + 1);
  return database;
}

RocksDatabase::~RocksDatabase() {
  for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
  db_->DestroyColumnFamilyHandle(default_family_);
  db_->Close().PermitUncheckedError();  // everything acknowledged is in the log: a failure here loses nothing
}

RocksReader::RocksReader(const RocksDatabase& database, const rocksdb::Snapshot* snapshot) : database_(database) {
  options_.snapshot = snapshot;
}

Result<std::optional<std::string>> RocksReader::get(Space space, std::string_view key) const {
  rocksdb::PinnableSlice value;
  const auto status = database_.db().Get(options_, database_.family(space), key, &value);
  if (status.IsNotFound()) return std::nullopt;
  TRY(status_of(status, "reading the store failed"));
  return value.ToString();
}

Status RocksReader::scan(Space space, std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view, std::string_view)>& take) const {
  if (!to.empty() && from >= to) return {};
  const rocksdb::Slice end(to);
  auto options = options_;
  if (!to.empty()) options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> at(database_.db().NewIterator(options, database_.family(space)));
  for (at->Seek(from); at->Valid(); at->Next()) {
    if (!take(at->key().ToStringView(), at->value().ToStringView())) return {};
  }
  return status_of(at->status(), "scanning the store failed");
}

Result<std::optional<Entry>> RocksReader::last(Space space, std::string_view from, std::string_view to) const {
  if (!to.empty() && from >= to) return std::nullopt;
  const rocksdb::Slice begin(from);
  auto options = options_;
  options.iterate_lower_bound = &begin;
  const std::unique_ptr<rocksdb::Iterator> at(database_.db().NewIterator(options, database_.family(space)));
  if (to.empty()) {
    at->SeekToLast();
  } else {
    at->SeekForPrev(to);
    if (at->Valid() && at->key() == rocksdb::Slice(to)) at->Prev();
  }
  TRY(status_of(at->status(), "reading the store backwards failed"));
  if (!at->Valid()) return std::nullopt;
  return Entry{at->key().ToString(), at->value().ToString()};
}

}  // namespace posthorn::store
