#include "app/housekeeping.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace posthorn::app {
namespace {

constexpr auto keys_first_look = std::chrono::seconds(10), keys_next_look = std::chrono::seconds(300);
constexpr std::size_t garbage_rows = 500;  // erased with one commit, of which others wait
constexpr auto garbage_rest = std::chrono::milliseconds(20);

}  // namespace

Housekeeping::Housekeeping(Executor executor, store::Store& store, const crypto::Keyring& keyring, dns::Resolver& resolver, Clock& clock, Log& log, Duration cleanup_every,
                           const std::atomic<bool>& stopping)
    : executor_(std::move(executor)), store_(store), resolver_(resolver), clock_(clock), log_(log), cleanup_every_(std::max<Duration>(cleanup_every, std::chrono::seconds(1))), stopping_(stopping),
      signing_keys_(store, keyring), keys_timer_(clock.timer(executor_)), garbage_timer_(clock.timer(executor_)) {}

void Housekeeping::start() {
  look_at_keys_after(keys_first_look);
  collect_garbage_later();
}

void Housekeeping::stop() {
  keys_timer_->cancel();
  garbage_timer_->cancel();
}

// New DKIM keys are used once the DNS shows them.
void Housekeeping::look_at_keys_after(Duration time) {
  keys_timer_->start(time, [this] { boost::asio::co_spawn(executor_, look_at_keys(), boost::asio::detached); });
}

Task<void> Housekeeping::look_at_keys() {
  auto seen = co_await signing_keys_.look(resolver_);
  if (!seen) {
    log_.error("dkim.not_looked", {{"why", seen.error().what}});
  } else {
    for (const auto& one : *seen)
      log_.info(one.seen ? "dkim.key_active" : "dkim.key_waits", {{"domain", one.key.domain}, {"selector", one.key.selector}, {"why", one.why}});
  }
  if (!stopping_) look_at_keys_after(keys_next_look);
}

void Housekeeping::collect_garbage_later() {
  garbage_timer_->start(cleanup_every_, [this] { boost::asio::co_spawn(executor_, collect_garbage(), boost::asio::detached); });
}

Task<void> Housekeeping::collect_garbage() {
  const auto begun = clock_.steady();
  const store::GarbagePace pace{garbage_rows, garbage_rest, &stopping_};
  auto done = co_await store_.collect_garbage(pace);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun).count();
  if (done) log_.info("garbage.collected", {{"milliseconds", std::to_string(took)}});
  else log_.error("garbage.not_collected", {{"why", done.error().what}});
  if (!stopping_) collect_garbage_later();
}

}  // namespace posthorn::app
