// A small line server on real loopback sockets, for the net tests: echoes lines and knows a few words.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "net/dialer.h"
#include "net/line_reader.h"
#include "net/listener.h"
#include "net/talk.h"

namespace posthorn::net::test {

// Says "220", then: STARTTLS, INFO (TLS facts), PEER, BIG n, THROW, QUIT; everything else is echoed.
// Used over sockets and over pipes, so that their conversations can be compared.
Task<void> line_session(std::unique_ptr<Stream> stream, Duration idle_limit);

class MemoryLog final : public Log {
 public:
  void write(Level, std::string_view event, std::initializer_list<Field> fields) override {
    const std::lock_guard lock(mutex_);
    text_ += std::string(event);
    for (const auto& [name, value] : fields) text_ += " " + std::string(name) + "=" + value;
    text_ += "\n";
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// A runtime of two threads, running while it lives.
class Running {
 public:
  Running() : runtime(2, 1), clock(system_clock()), thread_([this] { runtime.run(); }) {}
  ~Running() {
    runtime.stop();
    thread_.join();
  }

  // Runs a coroutine on the second thread and waits for its value.
  template <class T>
  T wait(Task<T> task) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    boost::asio::co_spawn(runtime.context(1), std::move(task), [promise](std::exception_ptr error, T value) {
      error ? promise->set_exception(error) : promise->set_value(std::move(value));
    });
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) throw std::runtime_error("no answer");
    return future.get();
  }

  Runtime runtime;
  MemoryLog log;
  std::unique_ptr<Clock> clock;

 private:
  std::thread thread_;
};

// Waits up to five seconds for what another thread will soon make true.
inline bool soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 500; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return holds();
}

struct Served {
  std::unique_ptr<Listener> listener;
  Endpoint at;
};

inline Served serve(Running& running, TlsContext* tls, ListenOptions options = {},
                    Duration idle_limit = std::chrono::seconds(30)) {
  if (options.at.address.empty()) options.at = {"127.0.0.1", 0};
  auto started = listen(running.runtime, *running.clock, running.log, std::move(options), tls,
                        [idle_limit](std::unique_ptr<Stream> stream) { return line_session(std::move(stream), idle_limit); });
  if (!started) throw std::runtime_error(started.error().text());
  const auto at = (*started)->at();
  return {std::move(*started), at};
}

}  // namespace posthorn::net::test
