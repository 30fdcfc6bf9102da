#include "store/login_watch.h"

#include <utility>

#include "crypto/bytes.h"
#include "store/logins.h"
#include "store/record/keys.h"

namespace posthorn::store {
namespace {

// 0: it is gone, or cannot be read now.
std::uint64_t row_of(const Store& store, AccountId account) {
  const auto bytes = store.snapshot()->get(Space::account, key::of(account));
  return bytes && *bytes ? crypto::xxh3(**bytes) : 0;
}

}  // namespace

LoginWatch::LoginWatch(Store& store, sasl::Login login, Stream& stream)
    : LoginWatch(store, std::move(login), stream.executor(), [&stream] { stream.close(); }) {}

LoginWatch::LoginWatch(Store& store, sasl::Login login, Executor executor, std::function<void()> over)
    : store_(store), login_(std::move(login)), over_(std::move(over)), mark_(login_.mark.empty() ? credential_mark(store, login_) : login_.mark) {
  subscription_ = store.hub().subscribe(login_.account, std::move(executor), [this] { look(); });
  // It may have ended since its password was checked.
  look();
}

void LoginWatch::look() {
  const auto row = row_of(store_, login_.account);
  if (row == row_ && row != 0) return;
  row_ = row;
  const auto now = credential_mark(store_, login_);
  const bool holds = now == mark_ && now != "-";
  if (now.empty() || holds || !over_) return;
  const auto over = std::exchange(over_, nullptr);
  over();
}

}  // namespace posthorn::store
