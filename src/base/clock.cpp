#include "base/clock.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace posthorn {

Task<void> sleep(Clock& clock, Duration time) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto timer = clock.timer(executor);
  auto start = [&timer, time](auto handler) {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    timer->start(time, [held]() mutable { std::move (*held)(); });
  };
  auto wait = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(start, boost::asio::use_awaitable);
  co_await std::move(wait);
}

}  // namespace posthorn
