// store/engine/rocks_log.h - finds whole records in RocksDB's write-ahead log behind damage, where RocksDB itself gives up the
// rest of a 32 KiB block. Used by the recovery check alone (rocks_database.cpp), after a strict open found damage. Pure.
// Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format (blocks; checksum 4, length 2, type 1, payload;
// a payload begins with the batch's sequence number). Logs are neither recycled nor compressed: our options say so.
// Security: the bytes are a damaged file's. Every step moves on by at least a byte inside one block; false finds need
// a CRC-32C and a sequence number that fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthorn::store {

inline constexpr std::size_t log_block_size = 32u << 10;

// Whether one block of a log has the beginning of a batch that was numbered after `sequence`.
bool block_has_batch_after(std::string_view block, std::uint64_t sequence);

}  // namespace posthorn::store
