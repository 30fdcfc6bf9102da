// base/run_task.h - runs a coroutine to its end on the caller's thread: for commands, tests and benchmarks, never inside a session. What the
// coroutine throws, which only bugs do, is thrown on.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/task.h"

namespace posthorn {

template <class T>
T run_task(boost::asio::io_context& context, Task<T> task) {
  std::optional<T> value;
  std::exception_ptr bug;
  auto finish = [&value, &bug](const std::exception_ptr& thrown, T got) {
    bug = thrown;
    value.emplace(std::move(got));
  };
  context.restart();
  boost::asio::co_spawn(context, std::move(task), finish);
  // What it waits for may be on another thread, and nothing left to do here meanwhile.
  const auto work = boost::asio::make_work_guard(context);
  while (!value) context.run_one();
  if (bug) std::rethrow_exception(bug);
  return std::move(*value);
}

}  // namespace posthorn
