// app/lab/desk.h - where a lab command runs its few coroutines: one context, the system's clock, a way out. Blocking.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
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
    std::optional<T> out;
    std::exception_ptr bug;
    auto finish = [&out, &bug](const std::exception_ptr& thrown, T value) {
      bug = thrown;
      out.emplace(std::move(value));
    };
    context_.restart();
    boost::asio::co_spawn(context_, std::move(task), finish);
    const auto work = boost::asio::make_work_guard(context_);
    while (!out) context_.run_one();
    if (bug) std::rethrow_exception(bug);
    return std::move(*out);
  }

 private:
  boost::asio::io_context context_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<net::Dialer> dialer_;
};

}  // namespace posthorn::app::lab
