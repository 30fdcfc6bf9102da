// trust/altered/canonical_text.h - a body in canonical form with its lines, so that any choice of lines can be hashed without
// making that body (RFC 6376 3.4.3, 3.4.4: both forms work line by line, and leave out empty lines at the end). Internal to
// src/trust/altered. Pure. Security: linear; bodies of more lines than Limits::lines are not taken.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hasher.h"
#include "trust/altered/budget.h"
#include "trust/dkim/canonical.h"

namespace posthorn::trust::altered {

// What the signature says of the body.
struct Target {
  dkim::Canonical form = dkim::Canonical::simple;
  crypto::Digest digest = crypto::Digest::sha256;
  std::string hash;
  std::optional<std::uint64_t> length;  // l=
};

struct Lines {
  std::size_t begin = 0, end = 0;  // end: behind the last one
};

class CanonicalText {
 public:
  // Nothing: the budget is spent or there are too many lines.
  static std::optional<CanonicalText> of(const Target& target, std::string_view raw, Budget& budget);

  std::size_t lines() const { return lines_.size() - 1; }
  std::size_t raw_at(std::size_t line) const { return lines_[line].raw; }
  std::size_t line_at(std::size_t raw) const;  // the first that begins at or behind `raw`
  std::string_view raw() const { return raw_; }
  std::string_view raw(Lines range) const { return raw_.substr(raw_at(range.begin), raw_at(range.end) - raw_at(range.begin)); }
  bool is_blank(std::size_t line) const { return lines_[line + 1].canonical - lines_[line].canonical == 2; }

  // Whether the body of these lines, one range behind the other, is the signed one.
  bool matches(const std::vector<Lines>& kept, Budget& budget) const;
  // The end of the body that begins like `within` and is signed: any number of its last lines may be too many. One pass over the
  // bytes; the state of the digest is copied at each of the last `most` lines.
  std::optional<std::size_t> find_end(Lines within, std::size_t most, Budget& budget) const;

 private:
  struct Line {
    std::uint32_t raw = 0, canonical = 0;
  };
  CanonicalText(const Target& target, std::string_view raw) : target_(target), raw_(raw) {}
  std::string_view canonical(std::size_t begin, std::size_t end) const {
    return std::string_view(text_).substr(lines_[begin].canonical, lines_[end].canonical - lines_[begin].canonical);
  }
  std::size_t content_end(Lines range) const;  // behind the last line that is not blank
  bool is_signed_length(std::uint64_t length) const { return !target_.length || *target_.length == length; }

  const Target& target_;
  std::string_view raw_;
  std::string text_;         // every line with CRLF, also the blank ones at the end
  std::vector<Line> lines_;  // and one entry for the end
};

}  // namespace posthorn::trust::altered
