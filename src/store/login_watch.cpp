#include "store/login_watch.h"

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
    : store_(store), login_(std::move(login)), stream_(stream), row_(row_of(store, login_.account)), mark_(credential_mark(store, login_)) {
  subscription_ = store.hub().subscribe(login_.account, stream.executor(), [this] { look(); });
}

void LoginWatch::look() {
  const auto row = row_of(store_, login_.account);
  if (row == row_ && row != 0) return;
  row_ = row;
  const auto now = credential_mark(store_, login_);
  if (now.empty() || now == mark_) return;
  stream_.close();
}

}  // namespace posthorn::store
