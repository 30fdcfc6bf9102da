// base/workers.h - the small pool for what would block a core: cold reads, password hashing, long CPU work.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/task.h"

namespace posthorn {

class Workers {
 public:
  // Without threads (tests in virtual time) work runs at once, on the caller's thread.
  explicit Workers(unsigned threads) {
    if (threads > 0) pool_.emplace(threads);
  }
  // Runs `work` on the pool and resumes the caller on its own executor with the value. `work` must not throw and
  // must be a named object moved in (base/task.h).
  template <class Work>
  Task<std::invoke_result_t<Work>> run(Work work) {
    using Value = std::invoke_result_t<Work>;
    if (!pool_) co_return work();
    auto executor = co_await boost::asio::this_coro::executor;
    auto start = [this, executor, &work](auto handler) {
      auto held = std::make_shared<decltype(handler)>(std::move(handler));
      // The guard keeps the caller's context from running out of work while the pool is busy.
      auto guard = boost::asio::make_work_guard(executor);
      boost::asio::post(*pool_, [executor, held, guard, task = std::move(work)]() mutable {
        auto value = std::make_shared<Value>(task());
        boost::asio::post(executor, [held, value]() mutable { std::move (*held)(std::move(*value)); });
      });
    };
    auto wait = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Value)>(start, boost::asio::use_awaitable);
    co_return co_await std::move(wait);
  }
  void stop() {
    if (pool_) pool_->join();
  }

 private:
  std::optional<boost::asio::thread_pool> pool_;
};

}  // namespace posthorn
