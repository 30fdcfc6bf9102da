#include "talk/runner.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "base/virtual_clock.h"
#include "talk/script.h"

namespace posthorn::talk {
namespace {

// A read or write of the client side; shared, so that one left pending at the end of a test harms nobody.
struct Reading {
  std::string bytes;
  bool pending = false, ended = false;
};
struct Doing {
  bool done = false;
  Status status;
};

Task<void> read_once(std::shared_ptr<Stream> stream, std::shared_ptr<Reading> reading) {
  auto count = co_await stream->read_append(reading->bytes);
  reading->pending = false;
  if (!count || *count == 0) reading->ended = true;
}
Task<void> write_all(std::shared_ptr<Stream> stream, std::string bytes, std::shared_ptr<Doing> doing) {
  doing->status = co_await stream->write(bytes);
  doing->done = true;
}
Task<void> to_tls(std::shared_ptr<Stream> stream, std::shared_ptr<Doing> doing) {
  TlsClientOptions options;
  doing->status = co_await stream->start_tls_client(std::move(options));
  doing->done = true;
}

class Run {
 public:
  Run(const Script& script, const StartSession& start, std::size_t chunk) : script_(script) {
    net::PipeOptions options;
    options.chunk = chunk;
    const auto set = [&](const char* name) {
      const auto it = script.settings.find(name);
      return it == script.settings.end() ? std::string() : it->second;
    };
    options.offers_tls = set("offers-tls") != "no";
    if (const auto port = set("port"); !port.empty()) options.server.port = static_cast<std::uint16_t>(std::stoi(port));
    if (const auto address = set("client"); !address.empty()) options.client.address = address;
    auto [client, server] = net::make_pipe(context_.get_executor(), clock_, options);
    client_ = std::move(client);
    server_ = std::move(server);
    start_ = start;
  }
  ~Run() {
    client_->close();
    clock_.settle();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  std::string go() {
    for (const auto& step : script_.steps) {
      begin_unless_early(step);
      if (auto wrong = one(step); !wrong.empty()) return "line " + std::to_string(step.line) + ": " + wrong;
    }
    receive();
    if (!reading_->bytes.empty()) return "at the end: the server also said \"" + printable(reading_->bytes) + "\"";
    return {};
  }

 private:
  // With `set early yes` the first bytes of the client are there before the session starts.
  void begin_unless_early(const Step& step) {
    if (!server_) return;
    const bool early = script_.settings.contains("early") && step.kind == Step::Kind::say;
    if (early) return;
    boost::asio::co_spawn(context_, start_(std::move(server_), clock_, script_.settings), [this](const std::exception_ptr& error) {
      session_over_ = true;
      threw_ = error != nullptr;
    });
  }

  std::string one(const Step& step) {
    if (threw_) return "the session threw an exception";
    switch (step.kind) {
      case Step::Kind::say: return say(step.text);
      case Step::Kind::expect: return expect(step.text);
      case Step::Kind::clock: clock_.advance(step.time); return {};
      case Step::Kind::tls: return start_tls();
      case Step::Kind::close: client_->close(); clock_.settle(); return {};
      case Step::Kind::finish: net::finish_writing(*client_); clock_.settle(); return {};
      case Step::Kind::expect_close: return expect_close();
      case Step::Kind::quiet: return quiet();
    }
    return {};
  }

  std::string say(std::string bytes) {
    auto doing = std::make_shared<Doing>();
    boost::asio::co_spawn(context_, write_all(client_, std::move(bytes), doing), boost::asio::detached);
    clock_.settle();
    // A server that closed early does not take all; what it said is checked by the steps that follow.
    return {};
  }
  // Lets the session work and takes what it wrote, as far as that is there now.
  void receive() {
    clock_.settle();
    while (!reading_->ended && read_more()) {
    }
  }
  // Whether a read ended; false: it waits for bytes.
  bool read_more() {
    if (!reading_->pending) {
      reading_->pending = true;
      boost::asio::co_spawn(context_, read_once(client_, reading_), boost::asio::detached);
    }
    clock_.settle();
    return !reading_->pending;
  }
  std::string expect(const std::string& pattern) {
    auto& bytes = reading_->bytes;
    // No more is read than the line needs: a read that waits would be in the way of a TLS handshake.
    clock_.settle();
    while (bytes.find("\r\n") == std::string::npos && !reading_->ended && read_more()) {
    }
    const auto end = bytes.find("\r\n");
    if (end == std::string::npos) {
      const std::string state = reading_->ended ? "the server closed" : session_over_ ? "the session is over" : "the server waits";
      return "expected \"" + pattern + "\" but " + state + (bytes.empty() ? "" : " after \"" + printable(bytes) + "\"");
    }
    const auto line = bytes.substr(0, end);
    bytes.erase(0, end + 2);
    if (!matches(pattern, line)) return "expected \"" + pattern + "\" but the server said \"" + printable(line) + "\"";
    return {};
  }
  std::string expect_close() {
    receive();
    if (!reading_->bytes.empty()) return "expected the end but the server said \"" + printable(reading_->bytes) + "\"";
    return reading_->ended ? "" : "expected the end but the connection is open";
  }
  std::string quiet() {
    receive();
    if (!reading_->bytes.empty()) return "expected silence but the server said \"" + printable(reading_->bytes) + "\"";
    return reading_->ended ? "expected silence but the server closed" : "";
  }
  std::string start_tls() {
    if (reading_->pending) return "tls after quiet: a read is pending in clear, write the steps the other way round";
    auto doing = std::make_shared<Doing>();
    boost::asio::co_spawn(context_, to_tls(client_, doing), boost::asio::detached);
    clock_.settle();
    if (!doing->done) return "the TLS handshake hangs";
    return doing->status ? "" : "the TLS handshake failed: " + doing->status.error().text();
  }

  const Script& script_;
  boost::asio::io_context context_;
  VirtualClock clock_{context_};
  std::shared_ptr<Stream> client_;
  std::unique_ptr<Stream> server_;
  StartSession start_;
  std::shared_ptr<Reading> reading_ = std::make_shared<Reading>();
  bool session_over_ = false, threw_ = false;
};

}  // namespace

std::string run_text(std::string_view text, const StartSession& start) {
  const auto script = parse_script(text);
  if (!script) return script.error().text();
  for (const auto chunk : script->chunks) {
    Run run(*script, start, chunk);
    if (auto wrong = run.go(); !wrong.empty()) return "chunk size " + std::to_string(chunk) + ", " + wrong;
  }
  return {};
}

std::string run_file(const std::string& path, const StartSession& start) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return path + ": cannot be read";
  std::ostringstream text;
  text << file.rdbuf();
  const auto wrong = run_text(text.str(), start);
  return wrong.empty() ? "" : path + ": " + wrong;
}

std::vector<std::string> files(std::string_view folder) {
  std::vector<std::string> paths;
  const auto where = std::filesystem::path(POSTHORN_SOURCE_DIR) / "tests/talk" / folder;
  for (const auto& entry : std::filesystem::directory_iterator(where))
    if (entry.path().extension() == ".talk") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace posthorn::talk
