// http/request_head.h - the head of a request, read strictly (RFC 9112): what two programs could read in two ways is refused. Pure.
// Security: reads bytes before login. At most 32 KiB and 100 fields; no bare CR or LF, no folds, no space before a colon, no NUL, one
// Content-Length or chunked but never both (attacks.md F12). Linear.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace posthorn::http {

inline constexpr std::size_t head_limit = 32'768;
inline constexpr std::size_t field_limit = 100;

struct RequestHead {
  Request request;
  std::optional<std::uint64_t> length;  // of the body
  bool chunked = false;
  bool expects_continue = false;
};

// Where the head of a request ends in `bytes`: the octet after its empty line. Nothing: more must come. too_big: over head_limit.
Result<std::optional<std::size_t>> find_head_end(std::string_view bytes, std::size_t scanned = 0);

struct HeadError {
  unsigned status = 400;
  std::string_view why;
};
// `head` is a whole one, with its empty line.
std::expected<RequestHead, HeadError> parse_head(std::string_view head);

// The decoded octets of a chunked body (RFC 9112 section 7.1), however it is cut. Trailers are read and dropped.
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
