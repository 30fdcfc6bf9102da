#include "net/pipe_stream.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>

namespace posthorn::net {
namespace {

// A coroutine waits here until somebody says that something changed. An Asio timer that never expires by itself is used
// because its context owns the waiting coroutine: a test that ends early frees it instead of leaking a cycle.
class Change {
 public:
  explicit Change(const Executor& executor) : never_(executor, boost::asio::steady_timer::time_point::max()) {}
  Task<void> wait() { co_await never_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)); }
  void notify() { never_.cancel(); }

 private:
  boost::asio::steady_timer never_;
};

// Bytes on their way from one end to the other.
struct Way {
  explicit Way(const Executor& executor) : readable(executor), writable(executor) {}

  std::string bytes;
  std::size_t in_clear = 0;  // so many of `bytes` were sent before TLS began
  bool ended = false;        // the writer will send no more
  bool unwanted = false;     // the reader is gone
  Change readable, writable;

  std::string_view peek(std::size_t max) const {
    const std::size_t border = in_clear > 0 ? in_clear : bytes.size();  // one read never mixes clear and TLS bytes
    return std::string_view(bytes).substr(0, std::min(max, border));
  }
  void drop(std::size_t count) {
    bytes.erase(0, count);
    in_clear -= std::min(in_clear, count);
    if (bytes.empty()) bytes.shrink_to_fit();
  }
};

// What a pending read or write must still find when its stream is gone.
struct End {
  bool closed = false;
  bool timed_out = false;

  Status usable() const {
    if (closed) return fail(Errc::closed, "the connection is closed");
    if (timed_out) return fail(Errc::timeout, "the deadline of the connection passed");
    return {};
  }
};

struct Joint {
  Joint(const Executor& executor, PipeOptions given) : options(std::move(given)), to_server(executor), to_client(executor) {}

  PipeOptions options;
  Way to_server, to_client;
  End server, client;
  std::optional<TlsFacts> client_tls, server_tls;

  void mark_tls() {
    if (client_tls) return;
    TlsFacts facts;
    facts.version = "TLSv1.3";
    facts.cipher = "TLS_AES_256_GCM_SHA384";
    facts.exporter = std::string(32, 'x');
    server_tls = facts;
    facts.peer_subject = "CN=pipe";
    facts.peer_fingerprint = options.server_fingerprint;
    facts.verified = options.verify_error.empty();
    facts.verify_error = options.verify_error;
    client_tls = facts;
    to_server.in_clear = to_server.bytes.size();
    to_client.in_clear = to_client.bytes.size();
  }
};

enum class Side : std::uint8_t { client, server };
enum class TlsStep : std::uint8_t { in_clear, done };

class PipeStream final : public Stream {
 public:
  PipeStream(Executor executor, Clock& clock, std::shared_ptr<Joint> joint, Side side)
      : executor_(std::move(executor)), joint_(std::move(joint)), side_(side), timer_(clock.timer(executor_)) {}
  ~PipeStream() override { close(); }

  Task<Result<std::size_t>> read_append(std::string& to, std::size_t max) override {
    const auto held = joint_;
    const auto& end = mine();
    auto& way = in();
    while (true) {
      if (auto able = end.usable(); !able) co_return fail(able.error());
      const std::size_t most = held->options.chunk > 0 ? std::min(max, held->options.chunk) : max;
      if (const auto bytes = way.peek(most); !bytes.empty()) {
        const auto count = bytes.size();
        to.append(bytes);
        way.drop(count);
        way.writable.notify();
        co_return count;
      }
      if (way.ended) co_return std::size_t{0};
      co_await way.readable.wait();
    }
  }

  bool readable() const override {
    const auto& way = side_ == Side::server ? joint_->to_server : joint_->to_client;
    return !way.bytes.empty();
  }

  Task<Status> write(std::string_view bytes) override {
    const auto held = joint_;
    const auto& end = mine();
    auto& way = out();
    const auto window = held->options.window > 0 ? held->options.window : std::numeric_limits<std::size_t>::max();
    while (true) {
      if (auto able = end.usable(); !able) co_return fail(able.error());
      if (bytes.empty()) co_return Status{};
      if (way.unwanted) co_return fail(Errc::closed, "the peer closed the connection");
      if (way.ended) co_return fail(Errc::closed, "we have ended our direction");
      const std::size_t room = window - std::min(window, way.bytes.size());
      const auto now = bytes.substr(0, room);
      way.bytes.append(now);
      if (!now.empty()) way.readable.notify();
      bytes.remove_prefix(now.size());
      if (!bytes.empty()) co_await way.writable.wait();
    }
  }

  Task<Status> start_tls_server() override {
    if (!offers_tls()) co_return fail(Errc::unsupported, "no server certificate is configured");
    if (auto ready = begin_tls(); !ready) co_return fail(ready.error());
    co_return Status{};
  }

  Task<Status> start_tls_client(TlsClientOptions options) override {
    if (auto ready = begin_tls(); !ready) co_return fail(ready.error());
    joint_->client_tls->server_name = options.server_name;
    joint_->server_tls->server_name = options.server_name;
    if (options.require_verified && !joint_->client_tls->verified) {
      const auto why = joint_->options.verify_error;
      close();
      co_return fail(Errc::refused, "TLS: the certificate of " + peer().text() + " is not good: " + why);
    }
    co_return Status{};
  }

  bool offers_tls() const override { return side_ == Side::server && joint_->options.offers_tls; }
  const std::optional<TlsFacts>& tls() const override { return side_ == Side::server ? joint_->server_tls : joint_->client_tls; }

  void deadline(Duration from_now) override {
    mine().timed_out = false;
    if (from_now == Duration::zero() || mine().closed) return timer_->cancel();
    timer_->start(from_now, [this] {
      mine().timed_out = true;
      in().readable.notify();
      out().writable.notify();
    });
  }

  void close() override {
    if (mine().closed) return;
    mine().closed = true;
    timer_->cancel();
    finish();
    in().unwanted = true;
    in().readable.notify();  // our own pending read and write end
    in().writable.notify();  // the peer's pending write
    out().writable.notify();
  }

  void finish() {
    out().ended = true;
    out().readable.notify();
  }

  Endpoint peer() const override { return side_ == Side::server ? joint_->options.client : joint_->options.server; }
  Endpoint local() const override { return side_ == Side::server ? joint_->options.server : joint_->options.client; }
  Executor executor() const override { return executor_; }

 private:
  Way& in() { return side_ == Side::server ? joint_->to_server : joint_->to_client; }
  Way& out() { return side_ == Side::server ? joint_->to_client : joint_->to_server; }

  End& mine() { return side_ == Side::server ? joint_->server : joint_->client; }

  Status begin_tls() {
    TRY(mine().usable());
    if (step_ == TlsStep::done) return fail(Errc::invalid, "TLS is already active");
    if (in().ended || in().unwanted) return fail(Errc::closed, "the peer closed the connection before the TLS handshake");
    joint_->mark_tls();
    if (in().in_clear > 0) {
      close();
      return fail(Errc::io, "TLS handshake: the peer sent bytes in clear");
    }
    step_ = TlsStep::done;
    return {};
  }

  Executor executor_;
  std::shared_ptr<Joint> joint_;
  Side side_;
  std::unique_ptr<Timer> timer_;
  TlsStep step_ = TlsStep::in_clear;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(Executor executor, Clock& clock, PipeOptions options) {
  auto joint = std::make_shared<Joint>(executor, std::move(options));
  return {std::make_unique<PipeStream>(executor, clock, joint, Side::client),
          std::make_unique<PipeStream>(executor, clock, joint, Side::server)};
}

void finish_writing(Stream& pipe_end) {
  if (auto* end = dynamic_cast<PipeStream*>(&pipe_end)) end->finish();
}

}  // namespace posthorn::net
