#include "store/login_guard.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/gate.h"
#include "store/known_networks.h"
#include "store/logins.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/tries_under_way.h"

namespace posthorn::store {
namespace {

constexpr std::size_t longest_queue = 1000;
constexpr auto queue_time = std::chrono::seconds(10);
constexpr auto look_again = std::chrono::milliseconds(50);

std::size_t hashed_at_a_time() { return std::max(2U, std::thread::hardware_concurrency()); }

// Who tries, with all that the limits want to know.
struct Visitor {
  std::string user, address, network;
  bool known = false;
  LoginLimits::Try as_try() const { return {user, address, network, known}; }
};

class Guard final : public sasl::Accounts {
 public:
  Guard(std::unique_ptr<sasl::Accounts> accounts, Store& store, net::TokenBuckets& buckets, LoginLimitOptions options)
      : accounts_(std::move(accounts)), store_(store), limits_(buckets, options), gate_(store.clock(), hashed_at_a_time(), longest_queue) {}

  Task<Result<sasl::Login>> check_password(std::string user, std::string password, std::string service, std::string address) override {
    auto entered = co_await enter(std::move(user), std::move(address));
    if (!entered) co_return fail(entered.error());
    const auto& visitor = entered->visitor;
    auto login = co_await ask(visitor, std::move(password), std::move(service));
    if (login) co_await welcome(visitor, login->account);
    else if (login.error().code != Errc::refused) limits_.give_back(visitor.as_try(), now());
    co_return login;
  }

  // A code that is missing was no try of anything; all else that is wrong is one.
  Task<std::expected<sasl::Login, sasl::Unproved>> check_owner(std::string user, sasl::Proof proof, std::string address) override {
    using sasl::Unproved;
    auto entered = co_await enter(std::move(user), std::move(address));
    if (!entered) co_return std::unexpected(Unproved::later);
    const auto& visitor = entered->visitor;
    const auto turn = visitor.known ? Gate::Turn::first : Gate::Turn::last;
    auto pass = co_await gate_.enter(turn, queue_time);
    if (!pass) {
      limits_.give_back(visitor.as_try(), now());
      co_return std::unexpected(Unproved::later);
    }
    auto login = co_await accounts_->check_owner(visitor.user, std::move(proof), visitor.address);
    if (login) co_await welcome(visitor, login->account);
    else if (login.error() == Unproved::later || login.error() == Unproved::code_needed) limits_.give_back(visitor.as_try(), now());
    co_return login;
  }

  // The verifier tells a stranger nothing; the try counts when it ends.
  Task<Result<crypto::ScramVerifier>> scram_verifier(std::string user, std::string service, std::string address) override {
    auto visitor = look(user, address);
    if (!visitor) co_return fail(Errc::unavailable, visitor.error().what);
    const auto may = limits_.may_try(visitor->as_try(), now());
    if (!may) co_return fail(may.error());
    co_return co_await accounts_->scram_verifier(std::move(user), std::move(service), std::move(address));
  }

  // Many exchanges may have been begun before the first ended: what is over the limit is refused unseen, right or wrong.
  Task<Result<sasl::Login>> finish_scram(std::string user, std::optional<crypto::ScramKeys> fitted, std::string service, std::string address) override {
    auto entered = co_await enter(std::move(user), std::move(address));
    if (!entered) co_return fail(entered.error());
    const auto& visitor = entered->visitor;
    auto login = co_await accounts_->finish_scram(visitor.user, std::move(fitted), std::move(service), visitor.address);
    if (login) co_await welcome(visitor, login->account);
    else if (login.error().code != Errc::refused) limits_.give_back(visitor.as_try(), now());
    co_return login;
  }

  std::shared_ptr<void> watch(sasl::Login login, Executor executor, std::function<void()> over) override {
    return accounts_->watch(std::move(login), std::move(executor), std::move(over));
  }

 private:
  SteadyTime now() const { return store_.clock().steady(); }

  Result<Visitor> look(const std::string& user, const std::string& address) const {
    Visitor visitor{login_name(user), address, login_network(address)};
    const auto reader = store_.snapshot();
    TRY_ASSIGN(const auto id, reader->get(Space::name, key::address(visitor.user)));
    if (!id) return visitor;
    TRY_ASSIGN(const auto account, decode_number(*id));
    TRY_ASSIGN(const auto bytes, reader->get(Space::account, key::of(AccountId{account})));
    if (!bytes) return visitor;
    TRY_ASSIGN(const auto record, decode_account(*bytes));
    visitor.known = is_known_network(*reader, AccountId{account}, record, visitor.network, store_.clock().now());
    return visitor;
  }

  // Whose try may be looked at now. `place` is held until it is decided.
  struct Entered {
    Visitor visitor;
    std::shared_ptr<void> place;
  };
  // Many may come at once, right after a server or an office came back: as long as others are under way, whose tokens may come back and whose
  // network may become known, who finds no tokens or would have to wait for them waits for those instead.
  Task<Result<Entered>> enter(std::string user, std::string address) {
    const auto until = now() + queue_time;
    for (;;) {
      auto visitor = look(user, address);
      if (!visitor) co_return fail(Errc::unavailable, visitor.error().what);
      Entered entered{std::move(*visitor), nullptr};
      const auto& who = entered.visitor;
      entered.place = under_way_->begin(who.user, who.network, who.address, limits_.tries_at_once(who.as_try()));
      if (entered.place) {
        const auto wait = limits_.admit(who.as_try(), now());
        if (wait && *wait > Duration::zero()) co_await sleep(store_.clock(), *wait);
        if (wait) co_return entered;
        entered.place.reset();
        if (!under_way_->any(who.user, who.address) || now() >= until) co_return fail(wait.error());
      } else if (now() >= until) {
        co_return fail(Errc::unavailable, "too many logins to this account from one network are under way (login-queue)", "Try again in a minute");
      }
      if (++waiting_ > static_cast<int>(longest_queue)) {
        --waiting_;
        co_return fail(Errc::unavailable, "too many logins wait (login-queue)", "Try again in a minute");
      }
      co_await sleep(store_.clock(), look_again);
      --waiting_;
    }
  }

  Task<Result<sasl::Login>> ask(const Visitor& visitor, std::string password, std::string service) {
    const auto turn = visitor.known ? Gate::Turn::first : Gate::Turn::last;
    auto pass = co_await gate_.enter(turn, queue_time);
    if (!pass) co_return fail(Errc::unavailable, "too many passwords are being checked: " + pass.error().what + " (login-queue)", "Try again in a minute");
    co_return co_await accounts_->check_password(visitor.user, std::move(password), std::move(service), visitor.address);
  }

  Task<void> welcome(const Visitor& visitor, AccountId account) {
    limits_.give_back(visitor.as_try(), now());
    // If it cannot be written the next login will: the owner is in, whatever the disk says.
    auto network = visitor.network;
    co_await remember_network(store_, account, std::move(network));
  }

  std::unique_ptr<sasl::Accounts> accounts_;
  Store& store_;
  LoginLimits limits_;
  std::shared_ptr<TriesUnderWay> under_way_ = std::make_shared<TriesUnderWay>();
  std::atomic<int> waiting_ = 0;
  Gate gate_;
};

}  // namespace

std::unique_ptr<sasl::Accounts> guard_logins(std::unique_ptr<sasl::Accounts> accounts, Store& store, net::TokenBuckets& buckets, LoginLimitOptions options) {
  return std::make_unique<Guard>(std::move(accounts), store, buckets, options);
}

}  // namespace posthorn::store
