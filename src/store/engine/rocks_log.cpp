// store/engine/rocks_log.cpp - see rocks_log.h.
#include "store/engine/rocks_log.h"

#include <boost/crc.hpp>
#include <optional>

#include "base/codec.h"

namespace posthorn::store {
namespace {

constexpr std::size_t header_size = 7;
constexpr std::uint64_t furthest = std::uint64_t{1} << 40;  // no log holds this many writes
enum class Type : std::uint8_t { zero, full, first, middle, last };

// CRC-32C, masked as RocksDB stores it so that a log inside a log does not look right.
std::uint32_t checksum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const auto sum = static_cast<std::uint32_t>(crc.checksum());
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8;
}

struct Fragment {
  Type type;
  std::string_view payload;
};

// The fragment at the start of `bytes`, if one is there and checks.
std::optional<Fragment> fragment_at(std::string_view bytes) {
  Decoder header(bytes.substr(0, header_size));
  const auto sum = header.u32();
  const auto length = header.u16();
  const auto type = static_cast<Type>(header.u8());
  if (!header.ok() || type == Type::zero || type > Type::last || header_size + length > bytes.size()) return std::nullopt;
  if (checksum(bytes.substr(header_size - 1, length + 1u)) != sum) return std::nullopt;
  return Fragment{type, bytes.substr(header_size, length)};
}

}  // namespace

bool block_has_batch_after(std::string_view block, std::uint64_t sequence) {
  while (block.size() > header_size) {
    const auto fragment = fragment_at(block);
    if (!fragment) {
      block.remove_prefix(1);
      continue;
    }
    if (fragment->type == Type::full || fragment->type == Type::first) {
      Decoder batch(fragment->payload);
      const auto number = batch.u64();
      if (batch.ok() && number > sequence && number - sequence < furthest) return true;
    }
    block.remove_prefix(header_size + fragment->payload.size());
  }
  return false;
}

}  // namespace posthorn::store
