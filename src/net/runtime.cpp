#include "net/runtime.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <thread>

namespace posthorn::net {
namespace {

unsigned cores() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Runtime::Runtime(unsigned threads, unsigned worker_threads)
    : workers_(worker_threads > 0 ? worker_threads : std::max(2U, cores())) {
  // A context is run by one thread but posted to by many; hint 1 drops the lock-free queue games, not the locks.
  for (unsigned i = 0; i < (threads > 0 ? threads : cores()); ++i) {
    contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
    // Asio opens its epoll descriptor with the first socket: now, while descriptors are to be had (faults.md 13).
    const boost::asio::ip::tcp::socket first(*contexts_.back());
  }
  // OpenSSL writes to the descriptor with write(2), which raises SIGPIPE on a dead connection (toolchain.md 1).
  std::signal(SIGPIPE, SIG_IGN);
}

Runtime::~Runtime() {
  stop();
  workers_.stop();
}

void Runtime::run() {
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < contexts_.size(); ++i) {
    threads.emplace_back([&context = *contexts_[i]] {
      const auto work = boost::asio::make_work_guard(context);
      context.run();
    });
  }
  const auto work = boost::asio::make_work_guard(*contexts_[0]);
  contexts_[0]->run();
  for (auto& thread : threads) thread.join();
}

void Runtime::stop() {
  for (auto& context : contexts_) context->stop();
}

}  // namespace posthorn::net
