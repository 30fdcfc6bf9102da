#include "base/gate.h"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthorn {
namespace asio = boost::asio;

Task<Result<Gate::Pass>> Gate::enter(Turn turn, Duration patience) {
  auto executor = co_await asio::this_coro::executor;
  auto waiter = std::make_shared<Waiter>();
  {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      co_return Pass(*this);
    }
    if (first_.size() + last_.size() >= longest_) co_return fail(Errc::unavailable, "the queue is full");
  }
  auto timer = clock_.timer(executor);
  bool in = false;
  auto start = [&](auto handler) {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    // The guard keeps the waiter's context from running out of work.
    auto guard = asio::make_work_guard(executor);
    waiter->answer = [executor, held, guard](bool let_in) {
      asio::post(executor, [held, let_in]() mutable { std::move (*held)(let_in); });
    };
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {  // somebody left meanwhile
      --free_;
      waiter->answer(true);
      return;
    }
    (turn == Turn::first ? first_ : last_).push_back(waiter);
    timer->start(patience, [this, waiter] { give_up(waiter); });
  };
  auto wait = asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
  in = co_await std::move(wait);
  waiter->answer = nullptr;
  if (!in) co_return fail(Errc::unavailable, "the wait was too long");
  co_return Pass(*this);
}

std::size_t Gate::waiting() const {
  const std::lock_guard lock(mutex_);
  return first_.size() + last_.size();
}

void Gate::leave() {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock(mutex_);
    auto& queue = first_.empty() ? last_ : first_;
    if (queue.empty()) {
      ++free_;
      return;
    }
    next = std::move(queue.front());
    queue.pop_front();
  }
  next->answer(true);
}

// Called on the waiter's executor. Whoever takes it out of the queue answers.
void Gate::give_up(const std::shared_ptr<Waiter>& waiter) {
  {
    const std::lock_guard lock(mutex_);
    const auto taken = std::erase(first_, waiter) + std::erase(last_, waiter);
    if (taken == 0) return;
  }
  waiter->answer(false);
}

}  // namespace posthorn
