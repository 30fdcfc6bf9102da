// imap/grammar/pattern.cpp - see pattern.h. The set of places in the pattern where a match can stand is kept as bits
// (Baeza-Yates and Gonnet, "A new approach to text searching", 1992).
#include "imap/grammar/pattern.h"

#include <string>

#include "base/cursor.h"
#include "imap/grammar/mailbox_name.h"

namespace posthorn::imap {

namespace {

void set(std::vector<std::uint64_t>& bits, std::size_t at) {
  bits[at / 64] |= std::uint64_t{1} << (at % 64);
}
bool has(const std::vector<std::uint64_t>& bits, std::size_t at) {
  return (bits[at / 64] >> (at % 64) & 1) != 0;
}
bool is_wildcard(char c) {
  return c == '*' || c == '%';
}

// Wildcards side by side are one: '*' if there is one among them. After this no place is more than one empty step away.
std::string joined(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_wildcard(c) && !out.empty() && is_wildcard(out.back())) {
      if (c == '*') out.back() = '*';
    } else {
      out += c;
    }
  }
  return out;
}

bool is_inbox(std::string_view name) {
  return name.starts_with("INBOX") && (name.size() == 5 || name[5] == hierarchy_delimiter);
}

}  // namespace

Pattern::Pattern(std::string_view text) {
  const std::string pattern = joined(text);
  tokens_ = pattern.size();
  words_ = tokens_ / 64 + 1;
  star_.assign(words_, 0);
  percent_.assign(words_, 0);
  letters_.assign(1, Bits(words_, 0));  // row 0: bytes that stand nowhere in the pattern
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      set(star_, i);
    } else if (pattern[i] == '%') {
      set(percent_, i);
    } else {
      int& row = row_[static_cast<unsigned char>(pattern[i])];
      if (row == 0) {
        row = static_cast<int>(letters_.size());
        letters_.emplace_back(words_, 0);
      }
      set(letters_[static_cast<std::size_t>(row)], i);
    }
  }
}

bool Pattern::matches(std::string_view name) const {
  const bool inbox = is_inbox(name);
  Bits now(words_, 0);
  now[0] = 1;
  // A wildcard may match nothing: who stands before one also stands behind it.
  const auto skip_wildcards = [&] {
    std::uint64_t carry = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t wild = now[w] & (star_[w] | percent_[w]);
      now[w] |= wild << 1 | carry;
      carry = wild >> 63;
    }
  };
  skip_wildcards();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const Bits& upper = letters_[static_cast<std::size_t>(row_[byte])];
    const bool fold = inbox && i < 5;
    const auto other = fold ? static_cast<unsigned char>(Cursor::lower(name[i])) : byte;
    const Bits& lower = letters_[static_cast<std::size_t>(row_[other])];
    std::uint64_t carry = 0, any = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t step = now[w] & (upper[w] | lower[w]);
      const std::uint64_t stay = now[w] & (name[i] == hierarchy_delimiter ? star_[w] : star_[w] | percent_[w]);
      now[w] = stay | step << 1 | carry;
      carry = step >> 63;
      any |= now[w];
    }
    if (any == 0) return false;
    skip_wildcards();
  }
  return has(now, tokens_);
}

}  // namespace posthorn::imap
