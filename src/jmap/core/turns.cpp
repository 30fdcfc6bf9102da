#include "jmap/core/turns.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t most_at_once = 2;  // one that searches, and one who goes on reading
constexpr std::size_t most_waiting = 100;
constexpr auto patience = std::chrono::seconds(60);

}  // namespace

std::shared_ptr<Gate> Turns::gate_of(AccountId account) {
  const std::lock_guard lock(mutex_);
  auto& gate = gates_[account];
  if (gate == nullptr) gate = std::make_shared<Gate>(clock_, most_at_once, most_waiting);
  return gate;
}

void Turns::forget(AccountId account) {
  const std::lock_guard lock(mutex_);
  const auto found = gates_.find(account);
  // Who still waits there holds it too.
  if (found != gates_.end() && found->second.use_count() == 1) gates_.erase(found);
}

Task<Result<Turns::Turn>> Turns::take(AccountId account) {
  auto place = std::make_unique<Place>(*this, account, gate_of(account));
  auto pass = co_await place->gate_->enter(Gate::Turn::first, patience);
  if (!pass) co_return fail(pass.error());
  place->pass_.emplace(std::move(*pass));
  co_return std::move(place);
}

}  // namespace posthorn::jmap
