// One-time codes as a second factor: what opens the webmail, what does not, and that mail apps have no way around them.
#include "store/codes.h"

#include "crypto/totp.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/test_store.h"

namespace posthorn::store {
namespace {

using sasl::Proof;
using sasl::Unproved;

class Codes : public ::testing::Test {
 protected:
  std::expected<sasl::Login, Unproved> show(Proof::For what, std::string password, std::string code, std::string user = "alice@blue.test") {
    return t.run(t.accounts->check_owner(std::move(user), Proof{what, std::move(password), std::move(code)}, "192.0.2.1"));
  }
  std::expected<sasl::Login, Unproved> log_in(std::string password, std::string code = {}) { return show(Proof::For::login, std::move(password), std::move(code)); }
  Result<sasl::Login> by_app(std::string password) { return t.run(t.accounts->check_password("alice@blue.test", std::move(password), "imap", "192.0.2.1")); }
  std::string code(int steps = 0) { return crypto::hotp(secret, static_cast<std::uint64_t>(static_cast<std::int64_t>(crypto::totp_step(t.clock.now())) + steps)); }
  void turn_on() {
    secret = *t.run(begin_codes(t.store, *t.keyring, alice));
    recovery = *t.run(confirm_codes(t.store, *t.keyring, alice, code(-1)));
  }

  TestStore t;
  AccountId alice = t.add("alice@blue.test");
  std::string secret;
  std::vector<std::string> recovery;
};

TEST_F(Codes, AreAskedForOnceOneWasShown) {
  EXPECT_TRUE(log_in("secret"));
  secret = *t.run(begin_codes(t.store, *t.keyring, alice));
  EXPECT_TRUE(log_in("secret"));
  EXPECT_EQ(t.run(confirm_codes(t.store, *t.keyring, alice, code(5))).error().code, Errc::refused);
  EXPECT_TRUE(log_in("secret"));
  ASSERT_TRUE(t.run(confirm_codes(t.store, *t.keyring, alice, code())));
  EXPECT_EQ(log_in("secret").error(), Unproved::code_needed);
  EXPECT_EQ(log_in("wrong", code(1)).error(), Unproved::wrong);
  EXPECT_EQ(log_in("secret", code()).error(), Unproved::code_wrong) << "E14: it was shown to confirm";
  EXPECT_TRUE(log_in("secret", code(1)));
  EXPECT_EQ(log_in("secret", code(1)).error(), Unproved::code_wrong) << "E14";
  t.clock.advance(std::chrono::seconds(60));
  EXPECT_TRUE(log_in("secret", code()));
  ASSERT_TRUE(t.run(end_codes(t.store, alice)));
  EXPECT_TRUE(log_in("secret"));
}

TEST_F(Codes, OfRecoveryCountOnceEach) {
  turn_on();
  ASSERT_EQ(recovery.size(), 10u);
  EXPECT_TRUE(log_in("secret", recovery[0]));
  EXPECT_EQ(log_in("secret", recovery[0]).error(), Unproved::code_wrong);
  EXPECT_EQ(codes_state(t.store, alice)->recovery_left, 9u);
  const auto fresh = *t.run(new_recovery_codes(t.store, *t.keyring, alice));
  EXPECT_EQ(log_in("secret", recovery[1]).error(), Unproved::code_wrong);
  EXPECT_TRUE(log_in("secret", fresh[9]));
  EXPECT_EQ(log_in("secret", std::string(5000, 'a')).error(), Unproved::code_wrong);
}

TEST_F(Codes, AChangeTakesThePasswordOrACode) {
  EXPECT_TRUE(show(Proof::For::change, "secret", ""));
  EXPECT_EQ(show(Proof::For::change, "wrong", "").error(), Unproved::wrong);
  EXPECT_EQ(show(Proof::For::change, "", "123456").error(), Unproved::wrong) << "there are no codes";
  turn_on();
  EXPECT_TRUE(show(Proof::For::change, "secret", ""));
  EXPECT_TRUE(show(Proof::For::change, "", code()));
  EXPECT_EQ(show(Proof::For::change, "", code()).error(), Unproved::code_wrong);
  EXPECT_EQ(show(Proof::For::change, "wrong", code(1)).error(), Unproved::wrong);
  EXPECT_EQ(show(Proof::For::login, "", code(1)).error(), Unproved::wrong);
  EXPECT_EQ(show(Proof::For::change, "secret", "", "nobody@blue.test").error(), Unproved::wrong);
}

TEST_F(Codes, LeaveMailAppsOnlyTheirAppPasswords) {
  const auto app = *t.run(t.store.add_app_password("alice@blue.test", "phone"));
  EXPECT_TRUE(by_app("secret"));
  turn_on();
  const auto refused = by_app("secret");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().todo.find("app password"), std::string::npos);
  EXPECT_TRUE(by_app("wrong").error().todo.empty());
  EXPECT_EQ(by_app(app)->app_password, "phone");
  EXPECT_EQ(log_in(app, code()).error(), Unproved::wrong) << "which are not for the webmail";
  EXPECT_TRUE(by_app(app)) << "also from the cache";
  t.clock.advance(std::chrono::minutes(1));
  EXPECT_FALSE(by_app("secret")) << "also from the cache";
}

TEST_F(Codes, LeaveScramOnlyAppPasswords) {
  static_cast<void>(*t.run(t.store.add_app_password("alice@blue.test", "phone")));
  const auto keys = t.run(t.accounts->scram_verifier("alice@blue.test", "imap", "192.0.2.1"))->keys;
  ASSERT_EQ(keys.size(), 2u);
  const auto finish = [this](std::optional<crypto::ScramKeys> fitted) { return t.run(t.accounts->finish_scram("alice@blue.test", std::move(fitted), "imap", "192.0.2.1")); };
  EXPECT_EQ(finish(keys[0])->app_password, "");
  EXPECT_EQ(finish(keys[1])->app_password, "phone");
  EXPECT_EQ(finish(std::nullopt).error().code, Errc::refused);
  EXPECT_EQ(finish(crypto::ScramKeys{}).error().code, Errc::refused);
  turn_on();
  const auto refused = finish(keys[0]);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().todo.find("app password"), std::string::npos);
  EXPECT_EQ(finish(keys[1])->app_password, "phone");
  EXPECT_EQ(t.store.app_passwords("alice@blue.test")->front().used, t.clock.now());
  // What was given out before does not outlive its password.
  ASSERT_TRUE(t.run(t.store.remove_app_password("alice@blue.test", "phone")));
  EXPECT_EQ(finish(keys[1]).error().code, Errc::refused);
  ASSERT_TRUE(t.run(t.store.set_password("alice@blue.test", "another word")));
  EXPECT_EQ(finish(keys[0]).error().code, Errc::refused);
  EXPECT_TRUE(finish(keys[0]).error().todo.empty());
}

TEST_F(Codes, AnotherOwnPasswordLeavesTheSaltThatAppPasswordsShare) {
  static_cast<void>(*t.run(t.store.add_app_password("alice@blue.test", "phone")));
  const auto ask = [this] { return *t.run(t.accounts->scram_verifier("alice@blue.test", "imap", "192.0.2.1")); };
  const auto before = ask();
  ASSERT_TRUE(t.run(t.store.set_password("alice@blue.test", "another word")));
  const auto after = ask();
  EXPECT_EQ(after.salt, before.salt);
  EXPECT_NE(after.keys[0], before.keys[0]);
  EXPECT_EQ(after.keys[1], before.keys[1]);
}

// It has no keys for SCRAM, and what was typed when it was made is not known.
TEST_F(Codes, AnAppPasswordOfBeforeOpensAllButScram) {
  const auto app = *t.run(t.store.add_app_password("alice@blue.test", "phone"));
  Work age = [this](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(alice)));
    TRY_ASSIGN(auto record, decode_account(*bytes));
    record.app_passwords.front().scram = {};
    tx.put(Space::account, key::of(alice), encode(record));
    return {};
  };
  ASSERT_TRUE(t.run(t.store.transact(age)));
  EXPECT_EQ(t.run(t.accounts->scram_verifier("alice@blue.test", "imap", "192.0.2.1"))->keys.size(), 1u);
  EXPECT_EQ(by_app(app)->app_password, "phone");
  EXPECT_EQ(t.run(t.accounts->finish_scram("alice@blue.test", crypto::ScramKeys{}, "imap", "192.0.2.1")).error().code, Errc::refused) << "no keys fit no keys";
}

TEST_F(Codes, AnAppPasswordSaysWhenItWasLastUsed) {
  const auto app = *t.run(t.store.add_app_password("alice@blue.test", "phone"));
  const auto used = [this] { return t.store.app_passwords("alice@blue.test")->front().used; };
  EXPECT_EQ(used(), std::nullopt);
  const auto first = t.clock.now();
  EXPECT_TRUE(by_app(app));
  EXPECT_EQ(used(), first);
  t.clock.advance(std::chrono::minutes(30));
  EXPECT_TRUE(by_app(app));
  EXPECT_EQ(used(), first) << "to the hour";
  t.clock.advance(std::chrono::minutes(31));
  EXPECT_TRUE(by_app(app));
  EXPECT_EQ(used(), t.clock.now());
  ASSERT_TRUE(t.run(t.store.remove_app_password("alice@blue.test", "phone")));
  t.clock.advance(std::chrono::minutes(1));
  const auto second = *t.run(t.store.add_app_password("alice@blue.test", "phone"));
  EXPECT_EQ(used(), std::nullopt) << "another of that name";
  EXPECT_TRUE(by_app(second));
  EXPECT_EQ(used(), t.clock.now());
}

TEST_F(Codes, ALoginEndsWithItsPassword) {
  const auto app = *t.run(t.store.add_app_password("alice@blue.test", "phone"));
  const auto own_login = *by_app("secret"), app_login = *by_app(app);
  const auto own = credential_mark(t.store, own_login), of_app = credential_mark(t.store, app_login);
  EXPECT_EQ(credential_mark(t.store, own_login), own);
  ASSERT_TRUE(t.run(t.store.set_password("alice@blue.test", "another word")));
  EXPECT_NE(credential_mark(t.store, own_login), own);
  EXPECT_EQ(credential_mark(t.store, app_login), of_app);
  ASSERT_TRUE(t.run(t.store.remove_app_password("alice@blue.test", "phone")));
  EXPECT_EQ(credential_mark(t.store, app_login), "-");
}

}  // namespace
}  // namespace posthorn::store
