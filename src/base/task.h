// base/task.h - the coroutine type of all sessions and shells.
// Rules that GCC 12.2 forces on us (docs/architecture.md, "Coroutines"): in one full expression with co_await
// never a capturing lambda, a {brace} temporary or ?: with temporaries; coroutines are named functions.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace posthorn {

template <class T>
using Task = boost::asio::awaitable<T>;
using Executor = boost::asio::any_io_executor;

}  // namespace posthorn
