// http/response_reader.h - the answer to a request of ours (RFC 9112), read as strictly as requests are and however it is cut. Pure; and the
// coroutine that asks over a Stream. For GET and POST: an answer to HEAD or CONNECT is framed otherwise.
// Security: reads bytes of servers that others named: heads by http/head_fields.h, at most 10 interim ones, a body of `most` octets. A body that
// has no length and ends with the connection is whole only if the connection ended in order: a TLS stream cut by somebody else does not.
#pragma once

#include <string>
#include <string_view>

#include "base/stream.h"
#include "http/chunk_reader.h"
#include "http/head_fields.h"

namespace posthorn::http {

class ResponseReader {
 public:
  explicit ResponseReader(std::uint64_t most) : most_(most) {}

  // What came. invalid: malformed; too_big: over a limit.
  Status take(std::string_view bytes);
  // The server closed in order. closed: too early.
  Status end();
  bool done() const { return state_ == State::done; }
  Response& response() { return response_; }

 private:
  enum class State : std::uint8_t { head, chunked, counted, until_end, done };
  Status read_heads();
  Status read_head(std::string_view head);
  Status read_body();

  std::uint64_t most_;
  State state_ = State::head;
  std::string input_;
  std::size_t scanned_ = 0, interim_ = 0;
  std::uint64_t left_ = 0;
  ChunkReader chunks_;
  Response response_;  // names of fields in lower case
};

// Writes `request`, which is a whole one with "Connection: close", and reads the answer; the deadline is the caller's business.
Task<Result<Response>> ask(Stream& stream, std::string request, std::uint64_t most);

}  // namespace posthorn::http
