// Helpers of the net tests: coroutines started on a context, their outcome kept.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/task.h"

namespace posthorn::net::test {

// Starts `task`; the optional fills when it ends. An exception of the task surfaces in the test.
template <class T>
std::shared_ptr<std::optional<T>> start(const Executor& executor, Task<T> task) {
  auto out = std::make_shared<std::optional<T>>();
  boost::asio::co_spawn(executor, std::move(task), [out](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    out->emplace(std::move(value));
  });
  return out;
}

}  // namespace posthorn::net::test
