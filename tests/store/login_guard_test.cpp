// hardening.md 5.6, attacks.md F1.
#include "store/login_guard.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "store/known_networks.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "test_store.h"

namespace posthorn::store {
namespace {

using namespace std::chrono_literals;

// Answers at once, so that only the limits are measured.
class QuickAccounts final : public sasl::Accounts {
 public:
  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string, std::string) override {
    ++evaluated;
    if (takes > Duration::zero()) co_await sleep(*clock, takes);
    if (password != "correct") co_return fail(Errc::refused, "wrong user or password");
    co_return sasl::Login{account, user};
  }
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string, std::string, std::string) override { co_return crypto::ScramVerifier{}; }
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string, std::string) override {
    ++evaluated;
    if (!fitted) co_return fail(Errc::refused, "wrong user or password");
    co_return sasl::Login{account, user};
  }
  AccountId account{};
  int evaluated = 0;
  Clock* clock = nullptr;
  Duration takes{};
};

struct World {
  explicit World(LoginLimitOptions options = {}) {
    alice = store.add("alice@blue.test", "correct");
    auto quick = std::make_unique<QuickAccounts>();
    behind = quick.get();
    behind->account = alice;
    behind->clock = &store.clock;
    guard = guard_logins(std::move(quick), store.store, store.buckets, options);
  }
  // The answer, and how long it was waited for.
  Errc try_password(const std::string& password, const std::string& address, const std::string& user = "alice@blue.test") {
    std::optional<Result<sasl::Login>> answer;
    boost::asio::co_spawn(store.context, guard->check_password(user, password, "imap", address), [&](const std::exception_ptr&, Result<sasl::Login> got) { answer = std::move(got); });
    const auto began = store.clock.steady();
    while (!answer) {
      store.context.restart();
      store.context.run_for(1ms);
      if (!answer) store.clock.advance(100ms);
    }
    waited = store.clock.steady() - began;
    return *answer ? Errc{} : answer->error().code;
  }
  TestStore store;
  AccountId alice{};
  QuickAccounts* behind = nullptr;
  std::unique_ptr<sasl::Accounts> guard;
  Duration waited{};
};

std::string address_of(unsigned n) { return std::to_string(1 + n / 250 % 200) + "." + std::to_string(n / 50'000) + "." + std::to_string(n % 250) + ".7"; }

TEST(LoginGuard, AfterTenFailuresFromANetworkEachTryWaitsLonger) {
  World w;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(w.try_password("wrong", "192.0.2.1"), Errc::refused);
    EXPECT_LT(w.waited, 100ms) << i;
  }
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    EXPECT_EQ(w.try_password("wrong", "192.0.2.2"), Errc::refused);
    EXPECT_NEAR(std::chrono::duration<double>(w.waited).count(), static_cast<double>(expected.count()), 0.3);
  }
  EXPECT_EQ(w.try_password("wrong", "198.51.100.1"), Errc::refused);
  EXPECT_LT(w.waited, 100ms) << "another network is another bucket";
}

TEST(LoginGuard, StrangersHaveTwoHundredTriesAnHourAndTheOwnerIsNotLockedOut) {
  World w;
  EXPECT_EQ(w.try_password("correct", "203.0.113.5"), Errc{});
  const int before = w.behind->evaluated;
  const auto began = w.store.clock.steady();
  unsigned n = 0;
  for (int i = 0; i < 20'000; ++i) {
    w.try_password("wrong", address_of(n++ % 1000));
    if (i % 500 == 0) {
      EXPECT_EQ(w.try_password("correct", "203.0.113.9"), Errc{}) << "the owner's network";
      EXPECT_LT(w.waited, 1s);
      --w.behind->evaluated;
    }
    if (i % 20 == 0) w.store.clock.advance(1s);
  }
  const double hours = std::chrono::duration<double, std::ratio<3600>>(w.store.clock.steady() - began).count();
  EXPECT_LE(w.behind->evaluated - before, 100 + 100 * hours + 1);
  EXPECT_GE(w.behind->evaluated - before, 100);
  EXPECT_EQ(w.try_password("correct", "100.64.0.1"), Errc::unavailable) << "from a new network it takes until the attack is over";
  w.store.clock.advance(1h);
  EXPECT_EQ(w.try_password("correct", "100.64.0.1"), Errc{});
}

TEST(LoginGuard, AnUnknownUserIsLimitedLikeAKnownOne) {
  World w;
  for (unsigned n = 0; n < 1000; ++n) {
    const auto one = w.try_password("wrong", address_of(n)), other = w.try_password("wrong", address_of(n), "nobody@blue.test");
    ASSERT_EQ(one, other) << n;
  }
}

TEST(LoginGuard, AnAddressThatTriesManyAccountsIsRefused) {
  World w;
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += w.try_password("wrong", "192.0.2.1", "user" + std::to_string(i) + "@blue.test") == Errc::unavailable ? 1 : 0;
  EXPECT_EQ(refused, 70);
  for (int i = 0; i < 100; ++i) w.try_password("correct", "198.51.100.1");
  EXPECT_EQ(w.try_password("correct", "198.51.100.1"), Errc{}) << "who knows the password is never counted";
}

TEST(LoginGuard, AKnownNetworkIsForgottenAfterThirtyDaysOrByANewPassword) {
  World w;
  const auto known = [&] {
    const auto reader = w.store.store.snapshot();
    const auto record = decode_account(**reader->get(Space::account, key::of(w.alice)));
    return is_known_network(*reader, w.alice, *record, login_network("192.0.2.1"), w.store.clock.now());
  };
  EXPECT_FALSE(known());
  EXPECT_EQ(w.try_password("correct", "192.0.2.1"), Errc{});
  EXPECT_TRUE(known());
  w.store.clock.jump_wall(29 * 24h);
  EXPECT_TRUE(known());
  w.store.clock.jump_wall(2 * 24h);
  EXPECT_FALSE(known());
  EXPECT_EQ(w.try_password("correct", "192.0.2.1"), Errc{});
  EXPECT_TRUE(known());
  ASSERT_TRUE(w.store.run(w.store.store.set_password("alice@blue.test", "other")));
  EXPECT_FALSE(known());
}

TEST(LoginGuard, KeepsTheLatestSixtyFourNetworksAndNoneOfARemovedAccount) {
  World w;
  const auto rows = [&] {
    std::size_t count = 0;
    const auto prefix = key::known_networks(w.alice);
    static_cast<void>(w.store.store.snapshot()->scan(Space::node, prefix, key::after(prefix), [&count](std::string_view, std::string_view) { return ++count > 0; }));
    return count;
  };
  for (unsigned n = 0; n < 100; ++n) {
    EXPECT_EQ(w.try_password("correct", address_of(n)), Errc{});
    w.store.clock.jump_wall(1s);
  }
  EXPECT_EQ(rows(), 64u);
  ASSERT_TRUE(w.store.run(w.store.store.remove_account("alice@blue.test")));
  EXPECT_EQ(rows(), 0u);
}

// How many of those that come at the same moment get in, in at most 12 s.
int let_in_at_once(World& w, int count, const std::function<std::string(int)>& user, const std::string& password) {
  int good = 0, ended = 0;
  w.behind->takes = 50ms;
  for (int i = 0; i < count; ++i)
    boost::asio::co_spawn(w.store.context, w.guard->check_password(user(i), password, "imap", "192.0.2.1"), [&](const std::exception_ptr&, Result<sasl::Login> got) {
      good += got ? 1 : 0;
      ++ended;
    });
  for (int step = 0; step < 1200 && ended < count; ++step) {
    w.store.context.restart();
    w.store.context.run_for(1ms);
    w.store.clock.advance(10ms);
  }
  EXPECT_EQ(ended, count);
  return good;
}

TEST(LoginGuard, EightyFirstLoginsAtOnceWithTheRightPasswordGetIn) {
  const auto alice = [](int) { return std::string("alice@blue.test"); };
  const auto everybody = [](int i) { return "user" + std::to_string(i) + "@blue.test"; };
  {
    World w;
    EXPECT_EQ(let_in_at_once(w, 80, alice, "correct"), 80) << "of one account from one address";
    EXPECT_EQ(let_in_at_once(w, 80, alice, "correct"), 80) << "and again, from what is a known network now";
  }
  {
    World w;
    EXPECT_EQ(let_in_at_once(w, 80, everybody, "correct"), 80) << "of eighty accounts from one address";
  }
}

TEST(LoginGuard, GuessesAtOnceGainNothingByWaiting) {
  const auto everybody = [](int i) { return "user" + std::to_string(i) + "@blue.test"; };
  World w;
  EXPECT_EQ(let_in_at_once(w, 80, everybody, "wrong"), 0);
  EXPECT_EQ(w.behind->evaluated, 30) << "the failures that an address has";
}

TEST(LoginGuard, ScramIsCountedWhenItEnds) {
  World w;
  const auto finish = [&](bool good, const std::string& address) {
    return w.store.run(w.guard->finish_scram("alice@blue.test", good ? std::optional(crypto::ScramKeys{}) : std::nullopt, "imap", address));
  };
  for (unsigned n = 0; n < 100; ++n) EXPECT_EQ(finish(false, address_of(n)).error().code, Errc::refused) << n;
  EXPECT_EQ(finish(true, address_of(500)).error().code, Errc::unavailable) << "right or wrong";
  EXPECT_EQ(w.store.run(w.guard->scram_verifier("alice@blue.test", "imap", address_of(500))).error().code, Errc::unavailable);
}

TEST(LoginGuard, ZeroSwitchesALimitOff) {
  World w({0, 0, 0});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(w.try_password("wrong", "192.0.2.1"), Errc::refused);
  EXPECT_EQ(w.try_password("correct", "192.0.2.1"), Errc{});
}

}  // namespace
}  // namespace posthorn::store
