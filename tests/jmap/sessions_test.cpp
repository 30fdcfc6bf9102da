// Sessions of browsers begin and end with what opens them.
#include <gtest/gtest.h>

#include "jmap/web/sessions.h"
#include "jmap/world.h"

namespace posthorn::jmap {
namespace {

class Sessions : public testing::Test {
 protected:
  sasl::Login log_in() { return *w.test.run(w.test.accounts->check_owner("alice@blue.test", sasl::Proof{sasl::Proof::For::login, "secret", ""}, "192.0.2.1")); }
  Result<std::string> begin(sasl::Login login) { return w.test.run(begin_session(w.services, std::move(login), "a browser", "192.0.2.1")); }
  void change_password() { ASSERT_TRUE(w.test.run(w.test.store.set_password("alice@blue.test", "another word"))); }

  World w;
};

TEST_F(Sessions, AnotherPasswordEndsThem) {
  const auto cookie = begin(log_in());
  ASSERT_TRUE(cookie);
  EXPECT_TRUE(w.test.run(find_session(w.services, *cookie))->has_value());
  change_password();
  EXPECT_FALSE(w.test.run(find_session(w.services, *cookie))->has_value());
}

TEST_F(Sessions, NoneBeginsByAPasswordThatChangedAfterItWasChecked) {
  auto login = log_in();
  change_password();
  const auto cookie = begin(std::move(login));
  ASSERT_FALSE(cookie);
  EXPECT_EQ(cookie.error().code, Errc::refused);
  EXPECT_TRUE(sessions_of(w.services, w.alice)->empty());
}

}  // namespace
}  // namespace posthorn::jmap
