// store/flags.h - flags and keywords of a membership as one value of 128 bits. Pure.
#pragma once

#include <compare>
#include <cstdint>

namespace posthorn::store {

// RFC 9051 2.3.2. Bits 0-4 are these; bits 5-127 are keywords by the account's keyword table.
enum class SystemFlag : unsigned { seen = 0, answered = 1, flagged = 2, deleted = 3, draft = 4 };
inline constexpr unsigned first_keyword_bit = 5;
inline constexpr unsigned flag_bits = 128;

struct Flags {
  std::uint64_t low = 0, high = 0;

  bool has(unsigned bit) const { return ((bit < 64 ? low >> bit : high >> (bit - 64)) & 1) != 0; }
  bool has(SystemFlag flag) const { return has(static_cast<unsigned>(flag)); }
  void set(unsigned bit, bool on = true) {
    auto& word = bit < 64 ? low : high;
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    word = on ? word | mask : word & ~mask;
  }
  void set(SystemFlag flag, bool on = true) { set(static_cast<unsigned>(flag), on); }
  Flags operator|(Flags o) const { return {low | o.low, high | o.high}; }
  Flags operator&(Flags o) const { return {low & o.low, high & o.high}; }
  Flags operator~() const { return {~low, ~high}; }
  bool empty() const { return low == 0 && high == 0; }
  auto operator<=>(const Flags&) const = default;
};

}  // namespace posthorn::store
