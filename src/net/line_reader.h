// net/line_reader.h - lines and counted bytes from a Stream, over the one buffer of a session.
// Called by every session of a line protocol. While it waits with nothing buffered it owns no memory.
// Security: holds at most what the caller's limits allow plus one read; an over-long line is an error, not a buffer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/stream.h"
#include "base/task.h"

namespace posthorn::net {

class LineReader {
 public:
  explicit LineReader(Stream& stream) : stream_(stream) {}

  // One line without its CRLF. too_big: over `limit` octets, CRLF not counted (nothing is consumed, close). invalid: a bare CR
  // or LF, or NUL (attacks.md A1, A7; nothing is consumed, close). closed: the peer ended. The answer is the same however the
  // input is cut.
  Task<Result<std::string>> line(std::size_t limit);
  // Exactly `count` bytes. The caller has checked `count` against its limits.
  Task<Result<std::string>> exactly(std::uint64_t count);
  // What was read beyond the last line; STARTTLS must find it empty (attacks.md B1).
  bool empty() const { return at_ >= buffer_.size(); }
  std::string_view buffered() const { return std::string_view(buffer_).substr(at_); }
  void consume(std::size_t bytes);
  // Reads once more into the buffer; 0 is the end.
  Task<Result<std::size_t>> fill(std::size_t max = 16384);

 private:
  void make_room();

  Stream& stream_;
  std::string buffer_;
  std::size_t at_ = 0;
};

// What a buffer begins with. `more`: cannot say before more bytes are there.
struct LineFound {
  enum class State : std::uint8_t { whole, more, too_big, invalid } state = State::more;
  std::size_t length = 0;   // whole: without the CRLF; more: octets already known to hold no line end
  const char* why = "";     // too_big, invalid
};
// Pure core of LineReader::line: looks at `bytes`, whose first `scanned` octets an earlier call found plain.
LineFound find_line(std::string_view bytes, std::size_t limit, std::size_t scanned = 0);

}  // namespace posthorn::net
