// base/codec.h - the one way values are written to bytes and read back: little-endian numbers, length-prefixed strings.
// Used by every stored record. Pure.
// Security: a Decoder never reads past the end; after the first failure every read gives zero and ok() is false.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/cursor.h"

namespace posthorn {

class Encoder {
 public:
  Encoder& u8(std::uint8_t v) { return number(v, 1); }
  Encoder& u16(std::uint16_t v) { return number(v, 2); }
  Encoder& u32(std::uint32_t v) { return number(v, 4); }
  Encoder& u64(std::uint64_t v) { return number(v, 8); }
  Encoder& i64(std::int64_t v) { return number(static_cast<std::uint64_t>(v), 8); }
  Encoder& flag(bool v) { return number(v ? 1 : 0, 1); }
  Encoder& string(std::string_view v) {
    u32(static_cast<std::uint32_t>(v.size()));
    bytes_ += v;
    return *this;
  }
  std::string take() { return std::move(bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  Encoder& number(std::uint64_t v, int width) {
    for (int i = 0; i < width; ++i) bytes_ += static_cast<char>((v >> (8 * i)) & 0xff);
    return *this;
  }
  std::string bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : cursor_(bytes) {}
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(number(8)); }
  bool flag() {
    const auto v = u8();
    if (v > 1) ok_ = false;
    return v == 1;
  }
  std::string string() {
    const auto size = u32();
    const auto taken = ok_ ? cursor_.take(std::size_t{size}) : std::nullopt;
    if (!taken) ok_ = false;
    return ok_ ? std::string(*taken) : std::string();
  }
  // A count of items that follow, each at least `least` bytes: refuses a count that cannot be true before anything is reserved.
  std::uint32_t count(std::size_t least = 1) {
    const auto n = u32();
    if (!ok_ || n > cursor_.left() / least) ok_ = false;
    return ok_ ? n : 0;
  }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && cursor_.done(); }

 private:
  std::uint64_t number(std::size_t width) {
    const auto taken = ok_ ? cursor_.take(width) : std::nullopt;
    if (!taken) {
      ok_ = false;
      return 0;
    }
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < width; ++i) v |= std::uint64_t{static_cast<unsigned char>((*taken)[i])} << (8 * i);
    return v;
  }
  Cursor cursor_;
  bool ok_ = true;
};

}  // namespace posthorn
