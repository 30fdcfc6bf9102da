#include <boost/asio/post.hpp>
#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "store/store.h"

namespace posthorn::store {
namespace {

struct Listener {
  Listener(Executor e, std::function<void()> c) : executor(std::move(e)), call(std::move(c)) {}
  Executor executor;
  std::function<void()> call;
  std::atomic<bool> pending = false;  // a call is on its way already
  std::atomic<bool> alive = true;
};

using Listeners = std::unordered_map<std::uint64_t, std::vector<std::shared_ptr<Listener>>>;
struct Table {
  std::mutex mutex;
  Listeners listeners;
};

class TableSubscription final : public Hub::Subscription {
 public:
  TableSubscription(std::shared_ptr<Table> table, AccountId account, std::shared_ptr<Listener> listener)
      : table_(std::move(table)), account_(account), listener_(std::move(listener)) {}
  ~TableSubscription() override {
    listener_->alive = false;
    const std::lock_guard lock(table_->mutex);
    auto& all = table_->listeners[number(account_)];
    std::erase(all, listener_);
    if (all.empty()) table_->listeners.erase(number(account_));
  }

 private:
  std::shared_ptr<Table> table_;
  AccountId account_;
  std::shared_ptr<Listener> listener_;
};

class TableHub final : public Hub {
 public:
  std::unique_ptr<Subscription> subscribe(AccountId account, Executor executor, std::function<void()> call) override {
    auto listener = std::make_shared<Listener>(std::move(executor), std::move(call));
    const std::lock_guard lock(table_->mutex);
    table_->listeners[number(account)].push_back(listener);
    return std::make_unique<TableSubscription>(table_, account, std::move(listener));
  }

  void notify(AccountId account) override {
    const std::lock_guard lock(table_->mutex);
    const auto found = table_->listeners.find(number(account));
    if (found == table_->listeners.end()) return;
    for (const auto& listener : found->second) {
      if (listener->pending.exchange(true)) continue;
      boost::asio::post(listener->executor, [listener] {
        listener->pending = false;
        if (listener->alive) listener->call();
      });
    }
  }

 private:
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

}  // namespace

std::unique_ptr<Hub> make_hub() { return std::make_unique<TableHub>(); }

}  // namespace posthorn::store
