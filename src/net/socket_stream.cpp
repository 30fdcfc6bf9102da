#include "net/socket_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "net/addresses.h"

namespace posthorn::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr Duration longest_server_handshake = 10s;  // attacks.md B8
constexpr std::uint64_t most_handshake_octets = 16384;  // attacks.md B8: what a client may send before the handshake is done
constexpr std::size_t record_size = 16384;          // rfc:8446#5.1
constexpr int calls_before_yield = 32;
constexpr std::size_t most_drained = 65536;

// What one attempt to read, write or shake hands came to.
struct Attempt {
  enum class State : std::uint8_t { done, end, want_read, want_write, failed } state = State::failed;
  std::size_t bytes = 0;
  Error error = {};
};

Attempt attempt_failed(Errc code, std::string what) {
  return {Attempt::State::failed, 0, {code, std::move(what), {}}};
}

Attempt from_errno(int number, Attempt::State when_blocked) {
  if (number == EAGAIN || number == EWOULDBLOCK || number == EINTR) return {when_blocked, 0, {}};
  const bool gone = number == ECONNRESET || number == EPIPE || number == ENOTCONN || number == EBADF || number == 0;
  if (gone) return attempt_failed(Errc::closed, "the peer is gone");
  return attempt_failed(number == ETIMEDOUT ? Errc::timeout : Errc::io, std::string("network: ") + std::strerror(number));
}

// All reads go through one scratch buffer a thread: an idle connection has none, and no coroutine frame holds it.
std::array<char, record_size>& scratch() {
  thread_local std::array<char, record_size> buffer;
  return buffer;
}

std::string subject_of(const X509* certificate) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  std::array<char, 512> text{};
  const int length = BIO_read(bio.get(), text.data(), static_cast<int>(text.size()));
  return length > 0 ? printable(std::string_view(text.data(), static_cast<std::size_t>(length)), 512) : std::string();
}

// rfc:9266#2 only where the exporter binds to the handshake: TLS 1.3, or 1.2 with the extended master secret (RFC 7627).
std::string exporter_of(SSL* ssl) {
  if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) return {};
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  std::array<unsigned char, 32> key{};
  const unsigned char no_context = 0;
  if (SSL_export_keying_material(ssl, key.data(), key.size(), label.data(), label.size(), &no_context, 0, 1) != 1) return {};
  return {key.begin(), key.end()};
}

TlsFacts facts_of(SSL* ssl) {
  TlsFacts facts;
  facts.version = SSL_get_version(ssl);
  facts.cipher = SSL_get_cipher_name(ssl);
  facts.exporter = exporter_of(ssl);
  if (const X509* peer = SSL_get0_peer_certificate(ssl)) {
    facts.peer_subject = subject_of(peer);
    facts.peer_fingerprint = fingerprint_of(peer);
  }
  return facts;
}

class SocketStream final : public Stream {
 public:
  SocketStream(tcp::socket socket, Clock& clock, SocketSetup setup)
      : socket_(std::move(socket)), clock_(clock), timer_(clock.timer(socket_.get_executor())), setup_(std::move(setup)) {
    boost::system::error_code ignored;
    peer_ = socket_.remote_endpoint(ignored);
    local_ = socket_.local_endpoint(ignored);
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    keep_alive();
  }
  ~SocketStream() override { close(); }

  Task<Result<std::size_t>> read_append(std::string& to, std::size_t max) override {
    while (true) {
      if (auto able = usable(); !able) co_return fail(able.error());
      auto attempt = try_read(to, max);
      if (attempt.state == Attempt::State::end) co_return std::size_t{0};
      if (attempt.state == Attempt::State::done) {
        co_await take_turns();
        co_return attempt.bytes;
      }
      auto wait = next_wait(std::move(attempt));
      if (!wait) co_return fail(wait.error());
      co_await socket_.async_wait(*wait, asio::as_tuple(asio::use_awaitable));
    }
  }

  // What OpenSSL has decrypted already, or what waits in the socket; of TLS that may be a record that carries no data.
  bool readable() const override {
    if (!socket_.is_open()) return false;
    if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
    boost::system::error_code error;
    return socket_.available(error) > 0 && !error;
  }

  Task<Status> write(std::string_view bytes) override {
    while (true) {
      // Looked at each time: while we took turns the socket may have been closed and its number given to another.
      if (auto able = usable(); !able) co_return fail(able.error());
      if (bytes.empty()) co_return Status{};
      auto attempt = try_write(bytes);
      if (attempt.state == Attempt::State::done) {
        bytes.remove_prefix(attempt.bytes);
        co_await take_turns();
        continue;
      }
      auto wait = next_wait(std::move(attempt));
      if (!wait) co_return fail(wait.error());
      co_await socket_.async_wait(*wait, asio::as_tuple(asio::use_awaitable));
    }
  }

  Task<Status> start_tls_server() override {
    if (!offers_tls()) co_return fail(Errc::unsupported, "no server certificate is configured");
    if (auto able = usable(); !able) co_return fail(able.error());
    if (ssl_) co_return fail(Errc::invalid, "TLS is already active");
    if (setup_.tolls != nullptr && !setup_.tolls->take(peer().address, cost::tls_handshake)) {
      broken_ = true;
      co_return fail(Errc::refused, "too many TLS handshakes from that network");
    }
    server_context_ = setup_.server_tls->current();
    ssl_.reset(SSL_new(server_context_.get()));
    if (!ssl_) co_return fail(Errc::unavailable, "OpenSSL gave no connection: " + take_openssl_errors());
    SSL_set_accept_state(ssl_.get());
    const auto due = due_;
    const auto limit = clock_.steady() + longest_server_handshake;
    if (due == SteadyTime{} || limit < due) deadline(longest_server_handshake);
    auto done = co_await shake_hands();
    if (due == SteadyTime{} || limit < due) deadline_at(due);
    if (!done) co_return fail(done.error());
    tls_ = facts_of(ssl_.get());
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    if (name != nullptr && is_ldh_name(name)) tls_->server_name = to_lower(name);
    co_return Status{};
  }

  Task<Status> start_tls_client(TlsClientOptions options) override {
    if (!setup_.client_tls) co_return fail(Errc::unsupported, "this connection came in: it cannot be a TLS client");
    if (auto able = usable(); !able) co_return fail(able.error());
    if (ssl_) co_return fail(Errc::invalid, "TLS is already active");
    auto context = setup_.client_tls->find(options.ca_file);
    if (!context) co_return fail(context.error());
    auto made = client_connection(context->get(), options);
    if (!made) co_return fail(made.error());
    ssl_ = std::move(*made);
    auto done = co_await shake_hands();
    if (!done) {
      const auto result = SSL_get_verify_result(ssl_.get());
      if (done.error().code == Errc::timeout || result == X509_V_OK) co_return fail(done.error());
      co_return fail(Errc::refused,
                     "TLS: the certificate of " + peer().text() + " is not good: " + X509_verify_cert_error_string(result));
    }
    tls_ = facts_of(ssl_.get());
    tls_->server_name = options.server_name;
    read_verification(ssl_.get(), options, *tls_);
    if (!options.require_verified || tls_->verified) co_return Status{};
    const auto why = tls_->verify_error;
    close();
    co_return fail(Errc::refused, "TLS: the certificate of " + peer().text() + " is not good: " + why);
  }

  bool offers_tls() const override { return setup_.server_tls != nullptr; }
  const std::optional<TlsFacts>& tls() const override { return tls_; }

  void deadline(Duration from_now) override {
    deadline_at(from_now == Duration::zero() ? SteadyTime{} : clock_.steady() + from_now);
  }

  void may_wake(bool yes) override { may_wake_ = yes; }
  void wake() override {
    if (may_wake_) deadline_at(clock_.steady());
  }

  void close() override {
    if (!socket_.is_open()) return;
    timer_->cancel();
    if (tls_ && !broken_) {
      ERR_clear_error();
      SSL_shutdown(ssl_.get());  // sends close_notify if the socket has room; nobody waits for the answer
      ERR_clear_error();
    }
    // Closing with unread bytes would make the kernel send RST, which can destroy our last words on their way.
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    std::size_t drained = 0;
    while (drained < most_drained) {
      const auto got = ::recv(socket_.native_handle(), scratch().data(), scratch().size(), MSG_DONTWAIT);
      if (got <= 0) break;
      drained += static_cast<std::size_t>(got);
    }
    socket_.close(ignored);
  }

  Endpoint peer() const override { return endpoint_of(peer_); }
  Endpoint local() const override { return endpoint_of(local_); }
  Executor executor() const override { return const_cast<tcp::socket&>(socket_).get_executor(); }

 private:
  void keep_alive() {
    // faults.md 19: a peer that vanished is noticed after two idle minutes and some probes.
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    const int idle = 120;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  }

  Status usable() const {
    if (!socket_.is_open()) return fail(Errc::closed, "the connection is closed");
    if (timed_out_) return fail(Errc::timeout, "the deadline of the connection passed");
    if (broken_) return fail(Errc::closed, "the connection is broken");
    return {};
  }

  // Deadlines are set and lifted around every read and write. A timer that runs already and fires no later is left alone: when it
  // fires it looks whether something is due, and goes on for what is due later.
  void deadline_at(SteadyTime when) {
    due_ = when;
    timed_out_ = false;
    if (when == SteadyTime{} || !socket_.is_open()) return;
    if (fires_ == SteadyTime{} || when < fires_) start_timer(when);
  }
  void start_timer(SteadyTime when) {
    fires_ = when;
    timer_->start(std::max(Duration::zero(), when - clock_.steady()), [this] { timer_fired(); });
  }
  void timer_fired() {
    fires_ = SteadyTime{};
    if (due_ == SteadyTime{}) return;
    if (clock_.steady() < due_) return start_timer(due_);
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  // A peer that keeps us busy must not keep the thread from its other connections.
  Task<void> take_turns() {
    if (++calls_ < calls_before_yield) co_return;
    calls_ = 0;
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  }

  using Wait = tcp::socket::wait_type;
  // What to wait for before the next try, or why there will be none. The waiting itself is done by the callers: a coroutine for
  // it would cost each idle connection another frame.
  Result<Wait> next_wait(Attempt attempt) {
    if (attempt.state == Attempt::State::want_read) return tcp::socket::wait_read;
    if (attempt.state == Attempt::State::want_write) return tcp::socket::wait_write;
    if (attempt.state == Attempt::State::end) return fail(Errc::closed, "the peer ended TLS");
    broken_ = true;
    return fail(std::move(attempt.error));
  }

  Task<Status> shake_hands() {
    SSL_set_fd(ssl_.get(), socket_.native_handle());
    while (true) {
      ERR_clear_error();
      const int result = SSL_do_handshake(ssl_.get());
      if (result == 1) co_return Status{};
      auto attempt = tls_attempt(result, "TLS handshake");
      if (SSL_is_server(ssl_.get()) == 1 && BIO_number_read(SSL_get_rbio(ssl_.get())) > most_handshake_octets)
        attempt = attempt_failed(Errc::too_big, "TLS handshake: the client sends too much");
      auto wait = next_wait(std::move(attempt));
      if (wait) co_await socket_.async_wait(*wait, asio::as_tuple(asio::use_awaitable));
      auto able = wait ? usable() : Status(fail(wait.error()));
      if (able) continue;
      broken_ = true;  // a half-made TLS connection is good for nothing, least of all for clear text
      co_return fail(able.error());
    }
  }

  // The plain helpers: buffers live here for the moment of the call only.
  Attempt try_read(std::string& to, std::size_t max) {
    auto& buffer = scratch();
    const auto most = std::min(max, buffer.size());
    Attempt attempt = ssl_ ? read_tls(buffer.data(), most) : read_plain(buffer.data(), most);
    if (attempt.state == Attempt::State::done) to.append(buffer.data(), attempt.bytes);
    return attempt;
  }

  Attempt read_plain(char* buffer, std::size_t most) {
    const auto got = ::recv(socket_.native_handle(), buffer, most, MSG_DONTWAIT);
    if (got > 0) return {Attempt::State::done, static_cast<std::size_t>(got), {}};
    if (got == 0) return {Attempt::State::end, 0, {}};
    return from_errno(errno, Attempt::State::want_read);
  }

  Attempt read_tls(char* buffer, std::size_t most) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer, most, &got);
    if (result == 1) return {Attempt::State::done, got, {}};
    return tls_attempt(result, "TLS");
  }

  Attempt try_write(std::string_view bytes) {
    if (!ssl_) {
      const auto sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return {Attempt::State::done, static_cast<std::size_t>(sent), {}};
      return from_errno(errno, Attempt::State::want_write);
    }
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) return {Attempt::State::done, sent, {}};
    return tls_attempt(result, "TLS");
  }

  Attempt tls_attempt(int result, std::string_view during) {
    const int number = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return {Attempt::State::want_read, 0, {}};
      case SSL_ERROR_WANT_WRITE: return {Attempt::State::want_write, 0, {}};
      case SSL_ERROR_ZERO_RETURN: return {Attempt::State::end, 0, {}};
      case SSL_ERROR_SYSCALL: return from_errno(number == EAGAIN ? 0 : number, Attempt::State::failed);
      default: break;
    }
    // rfc:8446#6.1 an end without close_notify is a truncation, not an end.
    const bool truncated = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return attempt_failed(truncated ? Errc::closed : Errc::io, std::string(during) + ": " + take_openssl_errors());
  }

  bool may_wake_ = false;
  tcp::socket socket_;
  Clock& clock_;
  std::unique_ptr<Timer> timer_;
  SocketSetup setup_;
  tcp::endpoint peer_, local_;
  std::shared_ptr<SSL_CTX> server_context_;  // its certificate set must outlive the handshake
  SslPtr ssl_;
  std::optional<TlsFacts> tls_;
  SteadyTime due_{};
  SteadyTime fires_{};  // when the timer will; none: it does not run
  int calls_ = 0;
  bool timed_out_ = false;
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Stream> make_socket_stream(tcp::socket socket, Clock& clock, SocketSetup setup) {
  return std::make_unique<SocketStream>(std::move(socket), clock, std::move(setup));
}

}  // namespace posthorn::net
