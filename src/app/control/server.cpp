#include "app/control/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "app/control/frame.h"

namespace posthorn::app {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Local = asio::local::stream_protocol;

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

bool is_friend(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

class Server final : public ControlServer {
 public:
  Server(net::Runtime& runtime, ControlServices services, Log& log, ServerOperation own)
      : context_(runtime.context(0)), acceptor_(context_), services_(services), log_(log), own_(std::move(own)) {}
  ~Server() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  Status open(const std::string& path) {
    // The store's lock says that no other server runs on this folder, so a socket file that is there is a leftover.
    ::unlink(path.c_str());
    boost::system::error_code error;
    acceptor_.open(Local(), error);
    const auto mask = ::umask(0177);
    if (!error) acceptor_.bind(Local::endpoint(path), error);
    ::umask(mask);
    if (!error) acceptor_.listen(64, error);
    if (error) return fail(Errc::io, "cannot listen on " + path + ": " + error.message(), "The path of the data folder may be too long (at most 107 characters)");
    path_ = path;
    asio::co_spawn(context_, accept(), asio::detached);
    return {};
  }

 private:
  Task<void> accept() {
    while (acceptor_.is_open()) {
      auto result = co_await acceptor_.async_accept(as_tuple);
      auto& [error, socket] = result;
      if (error) co_return;
      if (!is_friend(socket.native_handle())) {
        log_.warn("control.refused", {{"why", "another user"}});
        continue;
      }
      asio::co_spawn(context_, talk(std::move(socket)), asio::detached);
    }
  }

  Task<void> talk(Local::socket socket) {
    std::string input;
    std::string chunk(65536, '\0');
    for (;;) {
      auto frame = take_frame(input);
      if (!frame) co_return;
      if (!*frame) {
        auto read = co_await socket.async_read_some(asio::buffer(chunk), as_tuple);
        if (std::get<0>(read)) co_return;
        input.append(chunk, 0, std::get<1>(read));
        continue;
      }
      auto request = std::move(**frame);
      auto output = co_await answer(std::move(request));
      auto written = co_await asio::async_write(socket, asio::buffer(output), as_tuple);
      if (std::get<0>(written)) co_return;
    }
  }

  Task<std::string> answer(Frame frame) {
    admin::Request request;
    request.operation = admin::text_argument_or(frame.head, "operation", "");
    if (auto* arguments = frame.head.if_contains("arguments"); arguments != nullptr && arguments->is_object())
      request.arguments = arguments->get_object();
    request.payload = std::move(frame.payload);
    Result<admin::Response> response = fail(Errc::invalid, "");
    if (auto mine = own_(request)) {
      response = std::move(*mine);
    } else {
      admin::Context context{services_.store, services_.keyring, services_.sender.queue(), &services_.sender, &services_.resolver, &services_.reports, {}};
      response = co_await admin::run(context, std::move(request));
    }
    if (!response) co_return encode_frame(error_object(response.error()), {});
    json::object head;
    head["value"] = std::move(response->value);
    co_return encode_frame(std::move(head), response->payload);
  }

  asio::io_context& context_;
  Local::acceptor acceptor_;
  ControlServices services_;
  Log& log_;
  ServerOperation own_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> listen_control(net::Runtime& runtime, const std::string& path, ControlServices services, Log& log,
                                                      ServerOperation own) {
  auto server = std::make_unique<Server>(runtime, services, log, std::move(own));
  TRY(server->open(path));
  return server;
}

}  // namespace posthorn::app
