// net/runtime.h - a thread a core, one io_context each; the worker pool beside them. main makes one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"

namespace posthorn::net {

class Runtime {
 public:
  // threads 0: one a core.
  explicit Runtime(unsigned threads = 0, unsigned worker_threads = 0);
  ~Runtime();
  std::size_t size() const { return contexts_.size(); }
  boost::asio::io_context& context(std::size_t index) { return *contexts_[index % contexts_.size()]; }
  Workers& workers() { return workers_; }
  void run();   // blocks until stop(), running thread 0 on the caller's
  void stop();  // from any thread

 private:
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  Workers workers_;
};

std::unique_ptr<Clock> system_clock();

}  // namespace posthorn::net
