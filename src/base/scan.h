// base/scan.h - looks at sixteen bytes at a time, in the vector types that GCC and Clang share: for text that is searched once for each
// letter. Pure, bounded by the given end.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace posthorn {

using Bytes16 = unsigned char __attribute__((vector_size(16)));

// The comparison of two Bytes16 as two words.
template <class Vector>
std::array<std::uint64_t, 2> words_of(const Vector& bytes) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), &bytes, 16);
  return words;
}

// The index of the lowest byte of a word that is not 0, as it stands in memory.
inline std::size_t first_byte(std::uint64_t word) {
  const int bit = std::endian::native == std::endian::little ? std::countr_zero(word) : std::countl_zero(word);
  return static_cast<std::size_t>(bit) / 8;
}

// The first space or control character (so also of CR, LF and TAB) at or after `at`, or `last`.
inline const char* word_end(const char* at, const char* last) {
  for (; last - at >= 16; at += 16) {
    Bytes16 c;
    std::memcpy(&c, at, 16);
    const auto words = words_of(c <= ' ');
    if (words[0] != 0) return at + first_byte(words[0]);
    if (words[1] != 0) return at + 8 + first_byte(words[1]);
  }
  while (at < last && static_cast<unsigned char>(*at) > ' ') ++at;
  return at;
}

}  // namespace posthorn
