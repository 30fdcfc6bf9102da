#include "http/chunk_reader.h"

#include <algorithm>
#include <charconv>

#include "http/head_fields.h"

namespace posthorn::http {
namespace {

constexpr std::size_t line_limit = 256;
constexpr std::size_t trailer_limit = 4'096;

}  // namespace

Result<std::size_t> ChunkReader::take(std::string_view bytes, std::string& out, std::uint64_t limit) {
  const auto malformed = [](const char* why) { return fail(Errc::invalid, std::string("a chunk is malformed: ") + why); };
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::data) {
      const auto count = std::min<std::uint64_t>(left_, bytes.size() - at);
      out.append(bytes.substr(at, count));
      at += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    // A line, octet by octet: what comes before its CRLF is short.
    const char c = bytes[at++];
    line_ += c;
    if (line_.size() > line_limit) return malformed("its line is too long");
    if (c == '\n' && (line_.size() < 2 || line_[line_.size() - 2] != '\r')) return malformed("a bare LF");
    if (c != '\n') continue;
    auto line = std::move(line_);
    line_.clear();
    line.resize(line.size() - 2);
    if (line.contains('\r')) return malformed("a bare CR");
    if (state_ == State::data_end) {
      if (!line.empty()) return malformed("its data does not end where it said");
      state_ = State::size;
    } else if (state_ == State::size) {
      // Extensions mean nothing to us; those that could hide something from another reader are refused by their characters.
      const auto digits = std::string_view(line).substr(0, line.find(';'));
      if (!is_field_value(line)) return malformed("a control in its line");
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
      if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return malformed("its size is no number");
      if (size > limit || total_ > limit - size) return fail(Errc::too_big, "the body is over " + std::to_string(limit) + " octets");
      total_ += size;
      left_ = size;
      state_ = size == 0 ? State::trailer : State::data;
    } else {
      trailer_octets_ += line.size() + 2;
      if (trailer_octets_ > trailer_limit) return malformed("too many trailers");
      if (line.empty()) state_ = State::done;
    }
  }
  return at;
}

}  // namespace posthorn::http
