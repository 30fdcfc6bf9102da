#include "http/server.h"

#include <algorithm>

namespace posthorn::http {
namespace {

constexpr std::size_t slowest = 500;      // octets a second of a body
constexpr auto body_patience = std::chrono::seconds(60);
constexpr auto write_patience = std::chrono::minutes(5);  // attacks.md E6: no progress, no connection
constexpr std::size_t write_piece = 262'144, read_piece = 65'536;

std::unexpected<Error> no_room() { return fail(Errc::unavailable, "too much is being received now"); }

Response text_response(unsigned status, std::string_view why) {
  Response out;
  out.status = status;
  out.fields = {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}};
  out.body = std::string(why) + "\n";
  out.close = true;
  return out;
}

// attacks.md A19: what is no HTTP at all is not worth an answer.
bool looks_like_http(std::string_view bytes) {
  for (const char c : bytes.substr(0, 8)) {
    if (c == ' ') return true;
    if (c < 'A' || c > 'Z') return false;
  }
  return true;
}

struct NextHead {
  std::optional<std::size_t> end;
  unsigned refused = 0;
};

// Reads until a whole head is in the buffer. Nothing: the peer is gone, silent too long, or no HTTP client.
Task<NextHead> read_head(Stream& stream, std::string& buffer, const ServerOptions& options, bool first) {
  NextHead out;
  stream.deadline(first || !buffer.empty() ? options.head_timeout : options.idle_timeout);
  std::size_t scanned = 0;
  for (;;) {
    auto end = find_head_end(buffer, scanned);
    if (!end) {
      out.refused = 431;
      co_return out;
    }
    if (*end) {
      out.end = **end;
      co_return out;
    }
    scanned = buffer.size();
    const bool was_empty = buffer.empty();
    auto got = co_await stream.read_append(buffer);
    if (!got || *got == 0) co_return out;
    if (!looks_like_http(buffer)) co_return out;
    if (was_empty) stream.deadline(options.head_timeout);
  }
}

}  // namespace

// attacks.md A17: some patience, and then as much time as what came deserves.
Task<Result<std::size_t>> Exchange::more_of_body(std::string& to, std::uint64_t most, std::uint64_t got) {
  const auto now = clock_.steady();
  if (body_begun_ == SteadyTime{}) body_begun_ = now;
  const auto until = body_begun_ + body_patience + std::chrono::seconds(got / slowest);
  stream_.deadline(std::max<Duration>(until - now, std::chrono::milliseconds(1)));
  auto count = co_await stream_.read_append(to, static_cast<std::size_t>(std::min<std::uint64_t>(most, read_piece)));
  if (count && *count == 0) co_return fail(Errc::closed, "the client left in the middle of a body");
  co_return count;
}

Task<Result<std::string>> Exchange::sized_body(std::uint64_t limit, net::Share* share) {
  const auto length = head_.length.value_or(0);
  if (length > limit) co_return fail(Errc::too_big, "the body is over " + std::to_string(limit) + " octets");
  std::string out;
  out.swap(buffer_);
  // What follows the body is the next request.
  if (out.size() > length) {
    buffer_ = out.substr(length);
    out.resize(length);
  }
  for (;;) {
    if (share != nullptr && !share->raise_to(out.size())) co_return no_room();
    if (out.size() == length) break;
    auto got = co_await more_of_body(out, length - out.size(), out.size());
    if (!got) co_return fail(got.error());
  }
  body_read_ = true;
  co_return out;
}

Task<Result<std::string>> Exchange::chunked_body(std::uint64_t limit, net::Share* share) {
  ChunkReader reader;
  std::string out;
  for (;;) {
    auto taken = reader.take(buffer_, out, limit);
    if (!taken) co_return fail(taken.error());
    buffer_.erase(0, *taken);
    if (share != nullptr && !share->raise_to(out.size())) co_return no_room();
    if (reader.done()) break;
    auto got = co_await more_of_body(buffer_, read_piece, out.size());
    if (!got) co_return fail(got.error());
  }
  body_read_ = true;
  co_return out;
}

Task<Result<std::string>> Exchange::body(std::uint64_t limit, net::Share* share) {
  if (head_.expects_continue && head_.length.value_or(0) <= limit) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto written = co_await stream_.write(go_on);
    if (!written) co_return fail(written.error());
  }
  if (head_.chunked) co_return co_await chunked_body(limit, share);
  co_return co_await sized_body(limit, share);
}

Task<Status> Exchange::respond(Response response) {
  answered_ = true;
  // A body that nobody read would be taken for the next request.
  if (!has_body()) body_read_ = true;
  ended_ = ended_ || response.close || !body_read_;
  auto bytes = head_of(response, head_.request.keep_alive && !ended_);
  const bool bodyless = head_.request.method == "HEAD" || response.status == 204 || response.status == 304;
  if (!bodyless) bytes += response.body;
  // Piece by piece, each with its time: a slow reader is no dead one.
  for (std::size_t at = 0; at < bytes.size(); at += write_piece) {
    stream_.deadline(write_patience);
    auto written = co_await stream_.write(std::string_view(bytes).substr(at, write_piece));
    if (!written) {
      ended_ = true;
      co_return fail(written.error());
    }
  }
  co_return Status{};
}

Task<Status> Exchange::begin(Response head) {
  answered_ = true;
  ended_ = true;
  const auto bytes = head_of(head, false, false);
  stream_.deadline(write_patience);
  co_return co_await stream_.write(bytes);
}

Task<Status> Exchange::switch_protocols(Fields fields) {
  answered_ = true;
  ended_ = true;
  Response response;
  response.status = 101;
  response.fields = std::move(fields);
  const auto bytes = head_of(response, true, false);
  stream_.deadline(write_patience);
  co_return co_await stream_.write(bytes);
}

Task<Status> Exchange::send(std::string_view piece) {
  stream_.deadline(write_patience);
  co_return co_await stream_.write(piece);
}

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, Clock& clock, Log& log, const std::atomic<bool>& stopping) {
  std::string buffer;
  for (std::size_t count = 0; count < options.requests && !stopping; ++count) {
    auto next = co_await read_head(*stream, buffer, options, count == 0);
    if (!next.end) {
      if (next.refused != 0) {
        const auto bytes = head_of(text_response(next.refused, reason_of(next.refused)), false);
        co_await stream->write(bytes);
      }
      break;
    }
    auto head = parse_head(std::string_view(buffer).substr(0, *next.end));
    buffer.erase(0, *next.end);
    if (!head) {
      log.info("http.refused", {{"client", stream->peer().address}, {"why", std::string(head.error().why)}});
      const auto response = text_response(head.error().status, head.error().why);
      const auto bytes = head_of(response, false) + response.body;
      co_await stream->write(bytes);
      break;
    }
    Exchange exchange(*stream, buffer, std::move(*head), clock);
    co_await options.handler(exchange);
    if (!exchange.answered()) {
      auto response = text_response(500, "no answer was made");
      co_await exchange.respond(std::move(response));
    }
    if (!exchange.may_go_on()) break;
  }
  stream->close();
}

}  // namespace posthorn::http
