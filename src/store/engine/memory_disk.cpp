// store/engine/memory_disk.cpp - see memory_disk.h.
#include "store/engine/memory_disk.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "base/codec.h"

namespace posthorn::store {
namespace {

constexpr std::size_t sector = 512;
enum class Operation : std::uint8_t { erase, put };

// FNV-1a: good enough to tell a torn record from a whole one in a model.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

// The bytes that reached the medium of those that were never synced.
std::string survivors(std::string bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  switch (random() % 4) {
    case 0: return {};
    case 1: return bytes;
    case 2: bytes.resize(random() % (bytes.size() + 1)); return bytes;
    default: break;
  }
  for (std::size_t at = 0; at < bytes.size(); at += sector) {
    const auto size = std::min(sector, bytes.size() - at);
    if (random() % 2 == 0) bytes.replace(at, size, size, '\0');
  }
  return bytes;
}

MemoryMap& own(std::shared_ptr<MemoryMap>& map) {
  if (map.use_count() > 1) map = std::make_shared<MemoryMap>(*map);
  return *map;
}

void apply(MemorySpaces& spaces, Decoder& record) {
  while (record.ok() && !record.finished()) {
    const auto operation = static_cast<Operation>(record.u8());
    auto& map = own(spaces.at(record.u8()));
    auto key = record.string();
    if (operation == Operation::put) {
      map.insert_or_assign(std::move(key), std::make_shared<const std::string>(record.string()));
    } else {
      map.erase(key);
    }
  }
}

}  // namespace

MemorySpaces empty_spaces() {
  MemorySpaces spaces;
  std::ranges::generate(spaces, [] { return std::make_shared<MemoryMap>(); });
  return spaces;
}

Result<std::optional<std::string>> MemoryReader::get(Space space, std::string_view key) const {
  const auto& map = *spaces_.at(index_of(space));
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return *found->second;
}

Status MemoryReader::scan(Space space, std::string_view from, std::string_view to,
                          const std::function<bool(std::string_view, std::string_view)>& take) const {
  const auto& map = *spaces_.at(index_of(space));
  for (auto at = map.lower_bound(from); at != map.end() && (to.empty() || at->first < to); ++at) {
    if (!take(at->first, *at->second)) break;
  }
  return {};
}

Result<std::optional<Entry>> MemoryReader::last(Space space, std::string_view from, std::string_view to) const {
  const auto& map = *spaces_.at(index_of(space));
  const auto end = to.empty() ? map.end() : map.lower_bound(to);
  if (end == map.begin()) return std::nullopt;
  const auto at = std::prev(end);
  if (at->first < from) return std::nullopt;
  return Entry{at->first, *at->second};
}

void MemoryDisk::append(const std::vector<OverlayTransaction::Written>& written) {
  Encoder record;
  for (const auto& [space, cell, before] : written) {
    record.u8(static_cast<std::uint8_t>(cell->second ? Operation::put : Operation::erase));
    record.u8(static_cast<std::uint8_t>(space)).string(cell->first);
    if (cell->second) record.string(*cell->second);
  }
  Encoder framed;
  framed.u64(checksum(record.bytes())).string(record.bytes());
  pending_ += framed.bytes();
}

void MemoryDisk::replay(std::string_view log) {
  Decoder records(log);
  while (!records.finished()) {
    const auto sum = records.u64();
    const auto bytes = records.string();
    if (!records.ok() || checksum(bytes) != sum) return;
    Decoder record(bytes);
    apply(durable_, record);
  }
}

void MemoryDisk::sync() {
  replay(pending_);
  pending_.clear();
}

MemoryDisk MemoryDisk::crash(std::uint64_t seed) const {
  MemoryDisk after;
  for (std::size_t i = 0; i < space_count; ++i) after.durable_[i] = std::make_shared<MemoryMap>(*durable_[i]);
  after.replay(survivors(pending_, seed));
  return after;
}

}  // namespace posthorn::store
