#include "jmap/push/desk.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "jmap/core/method.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

constexpr auto gathering = std::chrono::seconds(1);
constexpr Duration first_wait = std::chrono::minutes(1), longest_wait = std::chrono::hours(6);
constexpr net::Rate creations{20, 20};
constexpr std::string_view key_row = "vapid key";
constexpr auto time_to_live = "86400";  // rfc:8030#5.2 a day; a later change tells the same again

// rfc:8620#7.2.2
std::string verification(const Subscription& one) {
  return json::serialize(json::object{{"@type", "PushVerification"}, {"pushSubscriptionId", subscription_id(one.id)}, {"verificationCode", one.code}});
}

std::string origin_of(const std::string& url) {
  const auto end = url.find('/', url.find("//") + 2);
  return url.substr(0, end);
}

// For the log: the rest of a URL is a secret of the client's.
std::string host_of(const std::string& url) {
  const auto origin = origin_of(url);
  return origin.substr(origin.find("//") + 2);
}

}  // namespace

PushDesk::PushDesk(Executor executor, store::Store& store, crypto::Keyring& keyring, Log& log, Send send, http::FetchOptions options, std::string contact)
    : executor_(std::move(executor)), store_(store), keyring_(keyring), log_(log), send_(std::move(send)), options_(std::move(options)), contact_(std::move(contact)) {}

PushDesk::~PushDesk() { *alive_ = false; }

Task<Status> PushDesk::start() {
  std::string kept;
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto there, tx.get(store::Space::node, key_row));
    if (there) {
      kept = *there;
      return {};
    }
    TRY_ASSIGN(kept, keyring_.wrap_queue(crypto::P256Key::generate().private_bytes()));
    tx.put(store::Space::node, key_row, kept);
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const auto secret = keyring_.unwrap_queue(kept);
  if (!secret) co_return fail(secret.error());
  auto key = crypto::P256Key::from_private(*secret);
  if (!key) co_return fail(key.error());
  key_ = std::make_shared<crypto::P256Key>(std::move(*key));
  {
    const std::lock_guard lock(mutex_);
    application_key_ = base64url_encode(key_->public_point());
  }
  const auto accounts = subscribers(store_);
  if (!accounts) co_return fail(accounts.error());
  for (const auto account : *accounts) {
    auto erased = co_await erase_old_subscriptions(store_, keyring_, account, store_.clock().now());
    if (!erased) co_return fail(erased.error());
    look_soon(account, gathering);
  }
  co_return Status{};
}

void PushDesk::stop() {
  stopped_ = true;
  for (auto& [account, watch] : watches_) {
    watch.hub.reset();
    if (watch.timer) watch.timer->cancel();
  }
}

std::string PushDesk::application_key() const {
  const std::lock_guard lock(mutex_);
  return application_key_;
}
bool PushDesk::may_create(AccountId account) { return buckets_.take("push", std::to_string(number(account)), creations, 1, store_.clock().steady()); }

Status PushDesk::check_url(const std::string& url) const {
  const auto target = http::check_url(url, options_);
  if (!target) return fail(target.error());
  return {};
}

Result<std::vector<Subscription>> PushDesk::read(AccountId account) const { return subscriptions_of(store_, keyring_, account, store_.clock().now()); }

void PushDesk::changed(AccountId account) {
  boost::asio::post(executor_, [this, alive = alive_, account] {
    if (*alive) look_soon(account, Duration::zero());
  });
}

void PushDesk::look_soon(AccountId account, Duration after) {
  if (stopped_) return;
  auto& watch = watches_[account];
  if (!watch.hub) {
    watch.hub = store_.hub().subscribe(account, executor_, [this, account] { look_soon(account, gathering); });
    watch.timer = store_.clock().timer(executor_);
  }
  if (watch.busy) {
    watch.again = true;
    return;
  }
  watch.timer->start(after, [this, account] { boost::asio::co_spawn(executor_, look(account), boost::asio::detached); });
}

Task<void> PushDesk::look(AccountId account) {
  auto& watch = watches_[account];  // stays while it is busy
  if (watch.busy || stopped_) co_return;
  watch.busy = true;
  const auto all = read(account);
  const auto now = known_of(store_.view(account));
  if (all) {
    const auto gone = std::erase_if(watch.receivers, [&all](const auto& entry) { return std::ranges::find(*all, entry.first, &Subscription::id) == all->end(); });
    if (gone > 0) {
      auto erased = co_await erase_old_subscriptions(store_, keyring_, account, store_.clock().now());
      if (!erased) log_.error("push.not_forgotten", {{"why", erased.error().text()}});
    }
    for (const auto& one : *all) {
      const auto [entry, fresh] = watch.receivers.try_emplace(one.id);
      if (fresh) entry->second.told = now;
    }
    for (const auto& one : *all) co_await serve_one(account, one, now);
  } else {
    log_.error("push.not_read", {{"why", all.error().text()}});
  }
  watch.busy = false;
  if (stopped_) co_return;
  if (all && all->empty() && !watch.again) {
    watches_.erase(account);
    co_return;
  }
  if (const auto wait = watch.again ? Duration(gathering) : next_try(watch); wait > Duration::zero()) {
    watch.again = false;
    look_soon(account, wait);
  }
}

// When somebody who failed is to be tried again; zero: nobody.
Duration PushDesk::next_try(const Watch& watch) const {
  Duration least{};
  for (const auto& [id, receiver] : watch.receivers) {
    if (receiver.failures == 0) continue;
    const auto left = std::max<Duration>(receiver.not_before - store_.clock().steady(), gathering);
    if (least == Duration::zero() || left < least) least = left;
  }
  return least;
}

Task<void> PushDesk::serve_one(AccountId account, const Subscription& one, const Known& now) {
  auto& receiver = watches_[account].receivers[one.id];
  if (stopped_ || store_.clock().steady() < receiver.not_before) co_return;
  std::string text;
  if (one.verified) {
    if (auto types = changed_types(receiver.told, now, one.types); !types.empty()) text = json::serialize(state_change(account, std::move(types)));
    else receiver.told = now;
  } else if (!receiver.code_sent) {
    text = verification(one);
  }
  if (text.empty()) co_return;
  auto answer = co_await post(one, std::move(text));
  if (answer && (answer->status == 404 || answer->status == 410)) {
    log_.info("push.gone", {{"account", std::to_string(number(account))}, {"host", host_of(one.url)}});
    co_await forget(account, one.id);
    co_return;
  }
  settle(account, one, receiver, answer);
  if (receiver.failures > 0) co_return;
  if (one.verified) receiver.told = now;
  else receiver.code_sent = true;
}

Task<Result<http::FetchAnswer>> PushDesk::post(const Subscription& one, std::string text) {
  http::FetchRequest request;
  request.method = "POST";
  request.url = one.url;
  request.fields = {{"Content-Type", "application/json"}, {"TTL", time_to_live}, {"Urgency", "normal"},
                    {"Authorization", crypto::vapid_authorization(*key_, origin_of(one.url), contact_, store_.clock().now())}};
  request.body = std::move(text);
  if (!one.keys.point.empty()) {
    auto sealed = crypto::web_push_encrypt(request.body, one.keys);
    if (!sealed) co_return fail(sealed.error());
    request.body = std::move(*sealed);
    request.fields.emplace_back("Content-Encoding", "aes128gcm");
  }
  auto answer = co_await send_(std::move(request));
  co_return answer;
}

void PushDesk::settle(AccountId account, const Subscription& one, Receiver& receiver, const Result<http::FetchAnswer>& answer) {
  if (answer && answer->status >= 200 && answer->status < 300) {
    receiver.failures = 0;
    receiver.not_before = SteadyTime{};
    return;
  }
  // rfc:8620#7.2 "A 429 (Too Many Requests) response MUST cause the JMAP server to reduce the frequency of pushes"
  Duration wait = first_wait * (1u << std::min(receiver.failures, 8u));
  if (answer) wait = std::max<Duration>(wait, std::chrono::seconds(std::min<std::uint64_t>(answer->retry_after, 86'400)));
  receiver.failures = std::min(receiver.failures + 1, 100u);
  receiver.not_before = store_.clock().steady() + std::min<Duration>(wait, longest_wait);
  log_.info("push.failed", {{"account", std::to_string(number(account))}, {"host", host_of(one.url)},
                            {"why", answer ? "status " + std::to_string(answer->status) : answer.error().text()}});
}

Task<void> PushDesk::forget(AccountId account, ObjectId id) {
  auto done = co_await erase_subscription(store_, account, id);
  if (!done) log_.error("push.not_forgotten", {{"why", done.error().text()}});
}

}  // namespace posthorn::jmap
