// base/cursor.h - the one bounds-checked reader over bytes that every parser uses. No allocation, no I/O.
// Security: no method reads past the end; each says by its value that it could not.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace posthorn {

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return at_ >= bytes_.size(); }
  std::size_t position() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::string_view rest() const { return bytes_.substr(at_); }
  void seek(std::size_t position) { at_ = position < bytes_.size() ? position : bytes_.size(); }

  // The next byte or nothing; does not move.
  std::optional<char> peek(std::size_t ahead = 0) const {
    if (ahead >= left()) return std::nullopt;
    return bytes_[at_ + ahead];
  }
  std::optional<char> next() {
    if (done()) return std::nullopt;
    return bytes_[at_++];
  }
  // Moves over one byte if it is `wanted`.
  bool take(char wanted) {
    if (done() || bytes_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view wanted) {
    if (!rest().starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  // As take(), ASCII letters compared without case.
  bool take_icase(std::string_view wanted) {
    if (left() < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (lower(bytes_[at_ + i]) != lower(wanted[i])) return false;
    at_ += wanted.size();
    return true;
  }
  // Exactly n bytes or nothing.
  std::optional<std::string_view> take(std::size_t n) {
    if (n > left()) return std::nullopt;
    auto taken = bytes_.substr(at_, n);
    at_ += n;
    return taken;
  }
  // The longest run of bytes for which `accept` holds; may be empty.
  template <class Accept>
  std::string_view take_while(Accept accept) {
    const std::size_t from = at_;
    while (at_ < bytes_.size() && accept(bytes_[at_])) ++at_;
    return bytes_.substr(from, at_ - from);
  }
  // A decimal number without sign that fits `max`, or nothing and no move.
  std::optional<std::uint64_t> take_number(std::uint64_t max = UINT64_MAX) {
    std::size_t at = at_;
    std::uint64_t value = 0;
    while (at < bytes_.size() && bytes_[at] >= '0' && bytes_[at] <= '9') {
      const auto digit = static_cast<std::uint64_t>(bytes_[at] - '0');
      if (value > (max - digit) / 10 && (value > max / 10 || value * 10 > max - digit)) return std::nullopt;
      value = value * 10 + digit;
      ++at;
    }
    if (at == at_) return std::nullopt;
    at_ = at;
    return value;
  }

  static constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace posthorn
