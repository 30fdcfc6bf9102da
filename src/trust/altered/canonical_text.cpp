#include "trust/altered/canonical_text.h"

#include <algorithm>

namespace posthorn::trust::altered {
namespace {

constexpr std::string_view crlf = "\r\n";

class StringSink final : public dkim::Sink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void take(std::string_view bytes) override { out_ += bytes; }

 private:
  std::string& out_;
};

}  // namespace

std::optional<CanonicalText> CanonicalText::of(const Target& target, std::string_view raw, Budget& budget) {
  if (raw.size() > UINT32_MAX / 2 || !budget.spend_bytes(raw.size())) return std::nullopt;
  if (static_cast<std::size_t>(std::ranges::count(raw, '\n')) > budget.limits().lines) {
    budget.give_up();
    return std::nullopt;
  }
  CanonicalText out(target, raw);
  out.text_.reserve(raw.size() + raw.size() / 32 + 2);
  StringSink sink(out.text_);
  std::size_t at = 0;
  while (at < raw.size()) {
    out.lines_.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(out.text_.size())});
    const auto end = std::min(raw.find('\n', at), raw.size() - 1) + 1;
    // Not finished: the line end and the white space before it stay inside.
    dkim::BodyCanonicaliser(target.form, sink).write(raw.substr(at, end - at));
    out.text_ += crlf;
    at = end;
  }
  out.lines_.push_back({static_cast<std::uint32_t>(raw.size()), static_cast<std::uint32_t>(out.text_.size())});
  return out;
}

std::size_t CanonicalText::line_at(std::size_t raw) const {
  const auto at = std::ranges::lower_bound(lines_, raw, {}, &Line::raw);
  return std::min(static_cast<std::size_t>(at - lines_.begin()), lines());
}

std::size_t CanonicalText::content_end(Lines range) const {
  while (range.end > range.begin && is_blank(range.end - 1)) --range.end;
  return range.end;
}

bool CanonicalText::matches(const std::vector<Lines>& kept, Budget& budget) const {
  std::vector<Lines> ranges = kept;
  std::uint64_t length = 0;
  while (!ranges.empty()) {
    ranges.back().end = content_end(ranges.back());
    if (ranges.back().end > ranges.back().begin) break;
    ranges.pop_back();
  }
  for (const auto& range : ranges) length += canonical(range.begin, range.end).size();
  const bool lonely_line_end = ranges.empty() && target_.form == dkim::Canonical::simple;  // rfc:6376#3.4.3
  if (!is_signed_length(lonely_line_end ? crlf.size() : length)) return false;
  if (!budget.spend_attempt(length)) return false;
  crypto::Hasher hasher(target_.digest);
  for (const auto& range : ranges) hasher.write(canonical(range.begin, range.end));
  if (lonely_line_end) hasher.write(crlf);
  return hasher.finish() == target_.hash;
}

std::optional<std::size_t> CanonicalText::find_end(Lines within, std::size_t most, Budget& budget) const {
  const auto last = content_end(within);
  if (last == within.begin || !budget.spend_bytes(canonical(within.begin, last).size())) return std::nullopt;
  const std::size_t first = std::max(within.begin, last - std::min(most, last));
  crypto::Hasher hasher(target_.digest);
  hasher.write(canonical(within.begin, first));
  for (std::size_t line = first; line < last; ++line) {
    hasher.write(canonical(line, line + 1));
    if (is_blank(line) || !is_signed_length(canonical(within.begin, line + 1).size())) continue;
    if (!budget.spend_attempt(0)) return std::nullopt;
    if (crypto::Hasher(hasher).finish() == target_.hash) return line + 1;
  }
  return std::nullopt;
}

}  // namespace posthorn::trust::altered
