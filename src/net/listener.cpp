#include "net/listener.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <map>
#include <mutex>

#include "net/addresses.h"
#include "net/connection_limits.h"
#include "net/socket_stream.h"

namespace posthorn::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr Duration pause_when_exhausted = 100ms;
constexpr Duration longest_implicit_handshake = 10s;

// Who is connected. Streams register by their pass and leave when they are destroyed; called from all threads.
class Guests : public std::enable_shared_from_this<Guests> {
 public:
  Guests(ConnectionLimits limits, Pressure* pressure) : limits_(std::move(limits)), pressure_(pressure) {}

  struct Pass {
    std::shared_ptr<Guests> guests;
    std::uint64_t id;
    asio::ip::address from;
    ~Pass() { guests->leave(*this); }
  };

  // Nothing: over a limit.
  std::shared_ptr<Pass> admit(const asio::ip::address& from) {
    const std::lock_guard lock(mutex_);
    if (!limits_.admit(from)) return nullptr;
    if (pressure_ != nullptr) pressure_->opened();
    const auto id = ++last_;
    streams_.emplace(id, nullptr);
    return std::make_shared<Pass>(shared_from_this(), id, from);
  }
  void seat(const Pass& pass, Stream& stream) {
    const std::lock_guard lock(mutex_);
    streams_[pass.id] = &stream;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return streams_.size();
  }
  // A stream lives and dies on its executor, so there the pointer found under its number is good.
  void tell_all(void (Stream::*what)()) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, stream] : streams_) {
      if (stream == nullptr) continue;
      asio::post(stream->executor(), [self = shared_from_this(), number = id, what] {
        if (auto* found = self->find(number)) (found->*what)();
      });
    }
  }

 private:
  Stream* find(std::uint64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second;
  }
  void leave(const Pass& pass) {
    const std::lock_guard lock(mutex_);
    streams_.erase(pass.id);
    limits_.release(pass.from);
    if (pressure_ != nullptr) pressure_->closed();
  }

  mutable std::mutex mutex_;
  ConnectionLimits limits_;
  Pressure* pressure_;
  std::map<std::uint64_t, Stream*> streams_;
  std::uint64_t last_ = 0;
};

// What the accept loop and the sessions share; lives until the last of them ends. Nothing here belongs to a context, because
// the last session may end with its own context after the acceptor's is gone.
struct Shared {
  Clock& clock;
  Log& log;
  ListenOptions options;
  TlsContext* tls;
  StartSession start;
  std::shared_ptr<Guests> guests;
  Endpoint at = {};
};

void session_ended(Log& log, const Endpoint& at, const std::exception_ptr& error) {
  if (!error) return;
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  log.error("net.bug", {{"listener", at.text()}, {"exception", what}});
}

// The session is a coroutine of its own: nothing of ours stays around it while it idles.
void begin_session(const std::shared_ptr<Shared>& shared, std::unique_ptr<Stream> stream) {
  auto executor = stream->executor();
  auto ended = [shared](const std::exception_ptr& bug) { session_ended(shared->log, shared->at, bug); };
  try {
    asio::co_spawn(executor, shared->start(std::move(stream)), ended);
  } catch (...) {  // `start` itself, before it was a coroutine
    ended(std::current_exception());
  }
}

Task<void> secure_then_begin(std::shared_ptr<Shared> shared, std::unique_ptr<Stream> stream) {
  stream->deadline(longest_implicit_handshake);
  auto secured = co_await stream->start_tls_server();
  if (!secured) {
    shared->log.info("net.tls_failed", {{"peer", stream->peer().text()}, {"why", secured.error().text()}});
    co_return;
  }
  stream->deadline(Duration::zero());
  begin_session(shared, std::move(stream));
}

// Says no in one packet if there is room for it, and never waits.
void turn_away(Shared& shared, tcp::socket socket, const Endpoint& peer, std::string_view why, const std::string& words) {
  shared.log.info(why, {{"listener", shared.at.text()}, {"peer", peer.text()}});
  if (!words.empty() && !shared.options.implicit_tls)
    ::send(socket.native_handle(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  boost::system::error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  socket.close(ignored);
}

// In a flood most of those who wait to be accepted have left before it is their turn: they get no session.
bool has_left(tcp::socket& socket) {
  char octet = 0;
  return ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void welcome(const std::shared_ptr<Shared>& shared, tcp::socket socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error || has_left(socket)) return;
  const auto& options = shared->options;
  const auto* pressure = options.pressure;
  auto* tolls = options.tolls;
  const auto peer = endpoint_of(remote);
  if (pressure != nullptr && (pressure->full() || (pressure->stressed() && !pressure->knows(peer.address))))
    return turn_away(*shared, std::move(socket), peer, "net.too_busy", options.too_busy);
  if (tolls != nullptr && !tolls->take(peer.address, cost::connection)) return turn_away(*shared, std::move(socket), peer, "net.too_many", options.too_many);
  auto pass = shared->guests->admit(remote.address());
  if (!pass) return turn_away(*shared, std::move(socket), peer, "net.too_many", options.too_many);
  SocketSetup setup;
  setup.server_tls = shared->tls;
  setup.pass = pass;
  setup.tolls = tolls;
  auto stream = make_socket_stream(std::move(socket), shared->clock, std::move(setup));
  shared->guests->seat(*pass, *stream);
  if (!shared->options.implicit_tls) return begin_session(shared, std::move(stream));
  auto executor = stream->executor();
  asio::co_spawn(executor, secure_then_begin(shared, std::move(stream)),
                 [shared](const std::exception_ptr& bug) { session_ended(shared->log, shared->at, bug); });
}

bool is_exhaustion(const boost::system::error_code& error) {
  return error == asio::error::no_descriptors || error.value() == ENFILE || error == asio::error::no_buffer_space ||
         error == asio::error::no_memory;
}

Task<void> accept_loop(std::shared_ptr<Shared> shared, std::shared_ptr<tcp::acceptor> acceptor, Runtime& runtime) {
  std::size_t turn = 0;
  bool exhausted = false;
  while (acceptor->is_open()) {
    auto& context = runtime.context(turn++);
    auto [error, socket] = co_await acceptor->async_accept(context, asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (is_exhaustion(error)) {
      if (!exhausted) shared->log.error("net.no_descriptors", {{"listener", shared->at.text()}, {"why", error.message()}});
      exhausted = true;
      co_await sleep(shared->clock, pause_when_exhausted);
      continue;
    }
    if (error) continue;  // that connection failed before we took it
    exhausted = false;
    // What belongs to a stream happens on its own thread from the first moment.
    auto begin = [shared, taken = std::move(socket)]() mutable { welcome(shared, std::move(taken)); };
    asio::post(context, std::move(begin));
  }
}

class TcpListener final : public Listener {
 public:
  TcpListener(std::shared_ptr<Shared> shared, std::shared_ptr<tcp::acceptor> acceptor)
      : shared_(std::move(shared)), acceptor_(std::move(acceptor)) {}
  ~TcpListener() override { stop_accepting(); }

  Endpoint at() const override { return shared_->at; }
  std::size_t sessions() const override { return shared_->guests->count(); }
  void stop_accepting() override {
    asio::post(acceptor_->get_executor(), [acceptor = acceptor_] {
      boost::system::error_code ignored;
      acceptor->close(ignored);
    });
  }
  void wake_all() override { shared_->guests->tell_all(&Stream::wake); }
  void close_all() override { shared_->guests->tell_all(&Stream::close); }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<tcp::acceptor> acceptor_;
};

Status bind_to(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) return {};
  const auto where = endpoint_of(endpoint).text();
  if (error == asio::error::address_in_use)
    return fail(Errc::exists, "cannot listen on " + where + ": another program has this port",
                "Stop it (ss -ltnp shows it) or change the listener.");
  if (error == asio::error::access_denied)
    return fail(Errc::refused, "cannot listen on " + where + ": not permitted",
                "Ports under 1024 need root or CAP_NET_BIND_SERVICE.");
  return fail(Errc::io, "cannot listen on " + where + ": " + error.message(), "Check that this machine has that address.");
}

Status start_listening(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, BoundSocket* bound) {
  boost::system::error_code error;
  if (bound == nullptr) TRY(bind_to(acceptor, endpoint));
  else acceptor.assign(endpoint.protocol(), bound->release(), error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Errc::io, "cannot listen on " + endpoint_of(endpoint).text() + ": " + error.message());
  return {};
}

}  // namespace

BoundSocket::~BoundSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::shared_ptr<BoundSocket>> bind_socket(const Endpoint& at) {
  TRY_ASSIGN(const auto endpoint, parse_endpoint(at));
  asio::io_context context;
  tcp::acceptor acceptor(context);
  TRY(bind_to(acceptor, endpoint));
  return std::make_shared<BoundSocket>(acceptor.release());
}

Result<std::unique_ptr<Listener>> listen(Runtime& runtime, Clock& clock, Log& log, ListenOptions options, TlsContext* tls,
                                         StartSession start) {
  if (options.implicit_tls && tls == nullptr)
    return fail(Errc::invalid, "the listener " + options.at.text() + " speaks TLS from the start but has no certificate",
                "Configure one.");
  TRY_ASSIGN(const auto endpoint, parse_endpoint(options.at));
  auto guests = std::make_shared<Guests>(ConnectionLimits(options.per_address, options.per_network, options.per_wide_network), options.pressure);
  auto shared = std::make_shared<Shared>(clock, log, std::move(options), tls, std::move(start), std::move(guests));
  auto acceptor = std::make_shared<tcp::acceptor>(runtime.context(0));
  TRY(start_listening(*acceptor, endpoint, shared->options.bound.get()));
  shared->at = endpoint_of(acceptor->local_endpoint());
  asio::co_spawn(acceptor->get_executor(), accept_loop(shared, acceptor, runtime), asio::detached);
  return std::make_unique<TcpListener>(std::move(shared), std::move(acceptor));
}

}  // namespace posthorn::net
