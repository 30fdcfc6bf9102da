// http/chunk_reader.h - the decoded octets of a chunked body (RFC 9112 section 7.1), however it is cut. Trailers are read and dropped. Pure.
// Security: reads bytes of strangers: no bare CR or LF, lines of 256 octets, trailers of 4 KiB, a body as large as the caller allows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::http {

class ChunkReader {
 public:
  // Takes from `bytes` what belongs to the body and appends the decoded to `out`; how much it took. invalid: malformed; too_big: over
  // `limit` octets in all.
  Result<std::size_t> take(std::string_view bytes, std::string& out, std::uint64_t limit);
  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t { size, data, data_end, trailer, done };
  State state_ = State::size;
  std::string line_;
  std::uint64_t left_ = 0, total_ = 0;
  std::size_t trailer_octets_ = 0;
};

}  // namespace posthorn::http
