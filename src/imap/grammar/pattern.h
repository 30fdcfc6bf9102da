// imap/grammar/pattern.h - LIST's patterns: '*' is anything, '%' anything without the hierarchy delimiter (RFC 9051 6.3.9). Pure.
// Security: attacks.md E5. All alternatives advance together, 64 to a machine word: linear in the name, never backtracks.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace posthorn::imap {

class Pattern {
 public:
  // UTF-8, as pattern_from_wire() gives it, with LIST's reference already in front.
  explicit Pattern(std::string_view text);

  // Whether the whole name matches. The level INBOX is compared without case (RFC 9051 5.1).
  bool matches(std::string_view name) const;

 private:
  using Bits = std::vector<std::uint64_t>;  // bit i: the first i tokens have matched

  std::size_t words_ = 1;
  std::size_t tokens_ = 0;
  std::array<int, 256> row_{};  // of a byte: where in letters_ its positions stand
  std::vector<Bits> letters_;
  Bits star_, percent_;
};

}  // namespace posthorn::imap
