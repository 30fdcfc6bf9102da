#include "store/store.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"
#include "store/record/keys.h"

namespace posthorn::store {

Store::Store(Engine& engine, crypto::Keyring& keyring, Clock& clock, Workers& workers, Hub& hub)
    : engine_(engine), keyring_(keyring), clock_(clock), workers_(workers), hub_(hub) {}

Task<Status> Store::transact(Work work) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto start = [this, executor, &work](auto handler) {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    auto guard = boost::asio::make_work_guard(executor);
    commits_waiting_->fetch_add(1, std::memory_order_relaxed);
    engine_.transact(std::move(work), [waiting = commits_waiting_, executor, held, guard](Status status) mutable {
      waiting->fetch_sub(1, std::memory_order_relaxed);
      boost::asio::post(executor, [held, status = std::move(status)]() mutable { std::move (*held)(std::move(status)); });
    });
  };
  auto wait = boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Status)>(start, boost::asio::use_awaitable);
  co_return co_await std::move(wait);
}

std::unique_ptr<Reader> Store::snapshot() const { return engine_.snapshot(); }
std::optional<std::uint64_t> Store::commits_to(Space space) const { return engine_.commits_to(space); }
View Store::view(AccountId account) const { return View(keyring_, engine_.snapshot(), account); }
Hub& Store::hub() { return hub_; }
Clock& Store::clock() { return clock_; }
Workers& Store::workers() { return workers_; }

void Store::committed(std::span<const AccountId> accounts) {
  for (const auto account : accounts) hub_.notify(account);
}

namespace {
constexpr std::string_view system_names[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
}

std::vector<std::string> Keywords::text(Flags flags) const {
  std::vector<std::string> out;
  for (unsigned bit = 0; bit < first_keyword_bit; ++bit)
    if (flags.has(bit)) out.emplace_back(system_names[bit]);
  for (unsigned i = 0; i < names.size(); ++i)
    if (flags.has(first_keyword_bit + i)) out.push_back(names[i]);
  return out;
}

std::optional<unsigned> Keywords::bit(std::string_view name) const {
  for (unsigned i = 0; i < first_keyword_bit; ++i)
    if (equal_icase(name, system_names[i])) return i;
  for (unsigned i = 0; i < names.size(); ++i)
    if (equal_icase(name, names[i])) return first_keyword_bit + i;
  return std::nullopt;
}

}  // namespace posthorn::store
