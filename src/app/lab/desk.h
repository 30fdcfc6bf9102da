// app/lab/desk.h - where a lab command runs its few coroutines: one context, the system's clock, a way out. Blocking.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/run_task.h"
#include "net/dialer.h"
#include "net/runtime.h"

namespace posthorn::app::lab {

class Desk {
 public:
  Desk() : clock_(net::system_clock()), dialer_(net::tcp_dialer(*clock_)) {}
  Clock& clock() { return *clock_; }
  net::Dialer& dialer() { return *dialer_; }
  Executor executor() { return context_.get_executor(); }

  // Runs `task` to its end. A bug's exception goes to main.
  template <class T>
  T run(Task<T> task) {
    return run_task(context_, std::move(task));
  }

 private:
  boost::asio::io_context context_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<net::Dialer> dialer_;
};

}  // namespace posthorn::app::lab
