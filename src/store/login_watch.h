// store/login_watch.h - ends a connection when the login behind it does: a new password, an app password taken back, an account disabled or
// removed (attacks.md F6). Held by a session from its login on, on the thread of its stream.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/stream.h"
#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::store {

class LoginWatch {
 public:
  // Closes the stream.
  LoginWatch(Store& store, sasl::Login login, Stream& stream);
  // Calls `over` on `executor`, once; before this returns if the login is over already.
  LoginWatch(Store& store, sasl::Login login, Executor executor, std::function<void()> over);
  LoginWatch(const LoginWatch&) = delete;
  LoginWatch& operator=(const LoginWatch&) = delete;

 private:
  void look();

  Store& store_;
  const sasl::Login login_;
  std::function<void()> over_;
  std::uint64_t row_ = 0;  // of the account's record when it was last looked at: it changes seldom, mail comes often
  std::string mark_;
  std::unique_ptr<Hub::Subscription> subscription_;
};

}  // namespace posthorn::store
