#include "net/line_reader.h"

#include <algorithm>

namespace posthorn::net {

LineFound find_line(std::string_view bytes, std::size_t limit, std::size_t scanned) {
  using enum LineFound::State;
  constexpr std::string_view special("\r\n\0", 3);
  const auto at = std::min(bytes.find_first_of(special, scanned), bytes.size());
  // The limit is looked at first: whether a later byte is bare does not matter, nor how much of it has come.
  if (at > limit) return {too_big, 0, "the line is too long"};
  if (at == bytes.size()) return {more, at, ""};
  if (bytes[at] == '\0') return {invalid, 0, "the line holds NUL"};
  if (bytes[at] == '\n') return {invalid, 0, "the line holds a bare LF"};
  if (at + 1 == bytes.size()) return {more, at, ""};
  if (bytes[at + 1] != '\n') return {invalid, 0, "the line holds a bare CR"};
  return {whole, at, ""};
}

void LineReader::consume(std::size_t bytes) {
  at_ += std::min(bytes, buffer_.size() - at_);
  if (at_ < buffer_.size()) return;
  buffer_.clear();
  at_ = 0;
}

void LineReader::make_room() {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  // An idle session keeps no buffer; clear() alone would keep the capacity.
  if (buffer_.empty()) std::string().swap(buffer_);
}

Task<Result<std::size_t>> LineReader::fill(std::size_t max) {
  make_room();
  auto count = co_await stream_.read_append(buffer_, max);
  co_return count;
}

Task<Result<std::string>> LineReader::line(std::size_t limit) {
  std::size_t scanned = 0;
  while (true) {
    const auto found = find_line(buffered(), limit, scanned);
    switch (found.state) {
      case LineFound::State::whole: {
        std::string text(buffered().substr(0, found.length));
        consume(found.length + 2);
        co_return text;
      }
      case LineFound::State::too_big: co_return fail(Errc::too_big, found.why);
      case LineFound::State::invalid: co_return fail(Errc::invalid, found.why);
      case LineFound::State::more: break;
    }
    scanned = found.length;
    make_room();
    auto count = co_await stream_.read_append(buffer_, 16384);
    if (!count) co_return fail(count.error());
    if (*count == 0) co_return fail(Errc::closed, "the peer closed the connection");
  }
}

Task<Result<std::string>> LineReader::exactly(std::uint64_t count) {
  std::string bytes(buffered().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(count, buffered().size()))));
  consume(bytes.size());
  while (bytes.size() < count) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(count - bytes.size(), 16384));
    auto got = co_await stream_.read_append(bytes, want);
    if (!got) co_return fail(got.error());
    if (*got == 0) co_return fail(Errc::closed, "the peer closed the connection");
  }
  co_return bytes;
}

}  // namespace posthorn::net
