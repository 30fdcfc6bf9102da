#include "net/dialer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "net/addresses.h"
#include "net/socket_stream.h"
#include "net/tls_client.h"

namespace posthorn::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

Status open_socket(tcp::socket& socket, const tcp::endpoint& to, const std::string& from) {
  boost::system::error_code error;
  socket.open(to.protocol(), error);
  if (error) return fail(Errc::unavailable, "cannot open a socket: " + error.message());
  if (from.empty()) return {};
  TRY_ASSIGN(const auto local, parse_endpoint({from, 0}));
  if (local.address().is_v4() != to.address().is_v4())
    return fail(Errc::invalid, from + " cannot reach " + endpoint_of(to).text() + ": one is IPv4, the other IPv6");
  socket.bind(local, error);
  if (error)
    return fail(Errc::invalid, "cannot connect from " + from + ": " + error.message(),
                "Check that this machine has that address.");
  return {};
}

class TcpDialer final : public Dialer {
 public:
  explicit TcpDialer(Clock& clock) : clock_(clock), contexts_(std::make_shared<ClientContexts>()) {}

  Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to, std::string from, Duration timeout) override {
    auto executor = co_await asio::this_coro::executor;
    auto endpoint = parse_endpoint(to);
    if (!endpoint) co_return fail(endpoint.error());
    tcp::socket socket(executor);
    if (auto opened = open_socket(socket, *endpoint, from); !opened) co_return fail(opened.error());
    bool timed_out = false;
    auto timer = clock_.timer(executor);
    auto give_up = [&socket, &timed_out] {
      timed_out = true;
      boost::system::error_code ignored;
      socket.close(ignored);
    };
    if (timeout > Duration::zero()) timer->start(timeout, give_up);
    auto [error] = co_await socket.async_connect(*endpoint, asio::as_tuple(asio::use_awaitable));
    timer->cancel();
    if (timed_out) co_return fail(Errc::timeout, to.text() + " did not answer in time");
    if (error) co_return fail(Errc::io, "cannot connect to " + to.text() + ": " + error.message());
    SocketSetup setup;
    setup.client_tls = contexts_;
    co_return make_socket_stream(std::move(socket), clock_, std::move(setup));
  }

 private:
  Clock& clock_;
  std::shared_ptr<ClientContexts> contexts_;
};

}  // namespace

std::unique_ptr<Dialer> tcp_dialer(Clock& clock) {
  // As in Runtime: OpenSSL writes with write(2).
  std::signal(SIGPIPE, SIG_IGN);
  return std::make_unique<TcpDialer>(clock);
}

}  // namespace posthorn::net
