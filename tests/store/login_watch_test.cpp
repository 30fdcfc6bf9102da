// Logins end with the password that opened them, whenever that changes: also between its check and the watch.
#include "store/login_watch.h"

#include "store/test_store.h"

namespace posthorn::store {
namespace {

class LoginWatched : public testing::Test {
 protected:
  sasl::Login log_in(const std::string& password) {
    auto login = w.run(w.accounts->check_password("alice@blue.test", password, "imap", "192.0.2.1"));
    EXPECT_TRUE(login);
    return login ? *login : sasl::Login{};
  }
  void change_password() { ASSERT_TRUE(w.run(w.store.set_password("alice@blue.test", "another word"))); }
  std::unique_ptr<LoginWatch> watch(const sasl::Login& login) {
    return std::make_unique<LoginWatch>(w.store, login, w.context.get_executor(), [this] { ++over; });
  }
  void settle() {
    w.context.restart();
    w.context.poll();
  }

  TestStore w;
  AccountId alice = w.add("alice@blue.test");
  int over = 0;
};

TEST_F(LoginWatched, ItIsOverWhenItsPasswordChanges) {
  const auto watched = watch(log_in("secret"));
  settle();
  EXPECT_EQ(over, 0);
  change_password();
  settle();
  EXPECT_EQ(over, 1);
}

TEST_F(LoginWatched, ItIsOverAtOnceIfItsPasswordChangedAfterItWasChecked) {
  const auto login = log_in("secret");
  change_password();
  const auto watched = watch(login);
  EXPECT_EQ(over, 1);
  settle();
  EXPECT_EQ(over, 1);
}

TEST_F(LoginWatched, AnAppPasswordOfTheSameNameIsAnother) {
  const auto login = log_in(*w.run(w.store.add_app_password("alice@blue.test", "phone")));
  EXPECT_EQ(login.app_password, "phone");
  ASSERT_TRUE(w.run(w.store.remove_app_password("alice@blue.test", "phone")));
  ASSERT_TRUE(w.run(w.store.add_app_password("alice@blue.test", "phone")));
  const auto watched = watch(login);
  EXPECT_EQ(over, 1);
}

TEST_F(LoginWatched, OnlyThePasswordThatWasCheckedOpens) {
  const auto opens = [this](const sasl::Login& login) { return *still_opens(*w.store.snapshot(), login); };
  const auto own = log_in("secret"), app = log_in(*w.run(w.store.add_app_password("alice@blue.test", "phone")));
  const sasl::Login by_passkey{alice, "alice@blue.test"};
  EXPECT_TRUE(opens(own) && opens(app) && opens(by_passkey));
  change_password();
  EXPECT_FALSE(opens(own));
  EXPECT_TRUE(opens(app) && opens(by_passkey));
  ASSERT_TRUE(w.run(w.store.set_account("alice@blue.test", false, std::nullopt)));
  EXPECT_FALSE(opens(own) || opens(app) || opens(by_passkey));
}

}  // namespace
}  // namespace posthorn::store
