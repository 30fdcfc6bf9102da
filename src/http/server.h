// http/server.h - HTTP/1.1 connections over a Stream: one request after another, each to the handler of its route.
// Security: reads bytes before login: heads by request_head.h; a body only as far as its handler asks, never over that handler's limit; a
// head must come within 30 s, a body at 500 octets a second at least (attacks.md A17), an idle connection ends after 60 s.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/stream.h"
#include "http/chunk_reader.h"
#include "http/message.h"
#include "http/request_head.h"
#include "net/budget.h"

namespace posthorn::http {

// One request and the way to answer it. Valid while its handler runs.
class Exchange {
 public:
  Exchange(Stream& stream, std::string& buffer, RequestHead head, Clock& clock) : stream_(stream), buffer_(buffer), head_(std::move(head)), clock_(clock) {}

  const Request& request() const { return head_.request; }
  Stream& stream() { return stream_; }
  Endpoint peer() const { return stream_.peer(); }

  // The whole body. too_big: over `limit` (answer 413); unavailable: `share` cannot hold it (503); else the connection is at its end.
  Task<Result<std::string>> body(std::uint64_t limit, net::Share* share = nullptr);
  Task<Status> respond(Response response);

  // A response whose body is told piece by piece and ends with the connection (EventSource).
  Task<Status> begin(Response head);
  Task<Status> send(std::string_view piece);

  // For WebSocket: tells 101 with these fields; then the stream is the handler's until it returns, with what was read ahead.
  Task<Status> switch_protocols(Fields fields);
  std::string take_buffer() { return std::move(buffer_); }

  bool answered() const { return answered_; }
  bool may_go_on() const { return head_.request.keep_alive && body_read_ && !ended_; }
  bool has_body() const { return head_.chunked || head_.length.value_or(0) > 0; }

 private:
  Task<Result<std::string>> sized_body(std::uint64_t limit, net::Share* share);
  Task<Result<std::string>> chunked_body(std::uint64_t limit, net::Share* share);
  Task<Result<std::size_t>> more_of_body(std::string& to, std::uint64_t most, std::uint64_t got);

  Stream& stream_;
  std::string& buffer_;  // read ahead of what was asked for
  RequestHead head_;
  Clock& clock_;
  SteadyTime body_begun_{};
  bool answered_ = false, body_read_ = false, ended_ = false;
};

using Handler = std::function<Task<void>(Exchange&)>;

struct ServerOptions {
  Handler handler;       // of every request; routes are its business
  Duration head_timeout = std::chrono::seconds(30);
  Duration idle_timeout = std::chrono::seconds(60);
  std::size_t requests = 10'000;  // of one connection
};

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, Clock& clock, Log& log, const std::atomic<bool>& stopping);

}  // namespace posthorn::http
