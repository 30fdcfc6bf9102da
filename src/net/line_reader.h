// net/line_reader.h - lines and counted bytes from a Stream, over the one buffer of a session.
// Security: holds at most what the caller's limits allow; an over-long line is an error, not a buffer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/stream.h"
#include "base/task.h"

namespace posthorn::net {

class LineReader {
 public:
  explicit LineReader(Stream& stream) : stream_(stream) {}

  // One line without its CRLF. too_big: over `limit` octets (nothing is consumed, close). invalid: a bare CR or LF, or NUL
  // (attacks.md A1, A7). closed: the peer ended.
  Task<Result<std::string>> line(std::size_t limit);
  // Exactly `count` bytes.
  Task<Result<std::string>> exactly(std::uint64_t count);
  // What was read beyond the last line; STARTTLS must find it empty (attacks.md B1).
  bool empty() const { return at_ >= buffer_.size(); }
  std::string_view buffered() const { return std::string_view(buffer_).substr(at_); }
  void consume(std::size_t bytes);
  // Reads once more into the buffer; 0 is the end.
  Task<Result<std::size_t>> fill(std::size_t max = 16384);

 private:
  Stream& stream_;
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace posthorn::net
