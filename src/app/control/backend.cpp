#include "app/control/backend.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "app/confine/privileges.h"
#include "app/control/frame.h"
#include "app/core.h"
#include "post/queue/queue.h"

namespace posthorn::app {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

class SocketBackend final : public Backend {
 public:
  Status connect(const std::string& path) {
    boost::system::error_code error;
    socket_.connect(Local::endpoint(path), error);
    if (error) return fail(Errc::unavailable, "no server answers on " + path + ": " + error.message(), "Start it with: posthorn serve");
    return {};
  }
  bool is_server() const override { return true; }

  Result<admin::Response> call(admin::Request request) override {
    boost::json::object head;
    head["operation"] = request.operation;
    head["arguments"] = std::move(request.arguments);
    const auto out = encode_frame(std::move(head), request.payload);
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(out), error);
    if (error) return fail(Errc::closed, "the server went away: " + error.message(), "Look at its log, then try again");
    std::string chunk(65536, '\0');
    for (;;) {
      TRY_ASSIGN(auto frame, take_frame(input_));
      if (frame) {
        if (auto wrong = error_of(frame->head)) return fail(std::move(*wrong));
        admin::Response response;
        if (auto* value = frame->head.if_contains("value")) response.value = std::move(*value);
        response.payload = std::move(frame->payload);
        return response;
      }
      const auto n = socket_.read_some(asio::buffer(chunk), error);
      if (error) return fail(Errc::closed, "the server went away: " + error.message(), "Look at its log, then try again");
      input_.append(chunk, 0, n);
    }
  }

 private:
  asio::io_context context_;
  Local::socket socket_{context_};
  std::string input_;
};

class LocalBackend final : public Backend {
 public:
  Status open(const Config& config) {
    // Files that root made in the folder of another user would stop the server.
    if (!std::filesystem::exists(config.data)) TRY(confine::prepare_folder(config.data, config.confine.user));
    TRY(confine::become_owner_of(config.data));
    TRY_ASSIGN(core_, open_core(config, workers_));
    queue_ = std::make_unique<post::Queue>(*core_->store, *core_->keyring);
    return {};
  }
  ~LocalBackend() override {
    queue_.reset();
    core_.reset();
    workers_.stop();
  }
  bool is_server() const override { return false; }

  Result<admin::Response> call(admin::Request request) override {
    admin::Context context{*core_->store, *core_->keyring, *queue_, nullptr, nullptr, nullptr, {}};
    std::optional<Result<admin::Response>> answer;
    auto finish = [&answer](const std::exception_ptr& bug, Result<admin::Response> response) {
      if (bug) response = fail(Errc::io, "the operation broke off by a fault of Posthorn's own");
      answer = std::move(response);
    };
    context_.restart();
    asio::co_spawn(context_, admin::run(context, std::move(request)), finish);
    const auto work = asio::make_work_guard(context_);
    while (!answer) context_.run_one();
    return std::move(*answer);
  }

 private:
  asio::io_context context_;
  Workers workers_{1};
  std::unique_ptr<Core> core_;
  std::unique_ptr<post::Queue> queue_;
};

}  // namespace

Result<std::unique_ptr<Backend>> connect_server(const Config& config) {
  auto backend = std::make_unique<SocketBackend>();
  TRY(backend->connect(config.control_socket()));
  return backend;
}

Result<std::unique_ptr<Backend>> open_backend(const Config& config) {
  auto server = connect_server(config);
  if (server) return server;
  auto local = std::make_unique<LocalBackend>();
  TRY(local->open(config));
  return local;
}

}  // namespace posthorn::app
