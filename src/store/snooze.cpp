#include "store/snooze.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <algorithm>

#include "store/object_id.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr std::size_t most_sleeping = 10'000;
constexpr Duration try_again = std::chrono::minutes(1), longest_sleep = std::chrono::hours(1);
constexpr std::int64_t latest = 0xffffffff;  // seconds since 1970: the year 2106

// The second in the upper half, the mailbox in the lower.
std::string row(WallTime until, MailboxId to) {
  const auto seconds = std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(until.time_since_epoch()).count(), 0, latest);
  return encode_number(static_cast<std::uint64_t>(seconds) << 32 | number(to));
}
Result<Sleeping> read(std::string_view bytes) {
  TRY_ASSIGN(const auto value, decode_number(bytes));
  return Sleeping{WallTime(std::chrono::seconds(value >> 32)), MailboxId{static_cast<std::uint32_t>(value)}};
}

Task<Status> forget(Store& store, AccountId account, EmailId email) {
  Work work = [account, email](Transaction& tx) -> Status {
    tx.erase(Space::node, key::snooze(account, email));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

// Where it sleeps, if it still does, and where it goes.
struct Way {
  MailboxId from{}, to{};
};
Result<std::optional<Way>> way_back(const Store& store, AccountId account, EmailId email, MailboxId wanted) {
  const auto view = store.view(account);
  TRY_ASSIGN(const auto shown, view.shown(email));
  TRY_ASSIGN(const auto all, view.mailboxes());
  const auto bed = std::ranges::find(all, Role::snoozed, &Mailbox::role);
  if (!shown || bed == all.end() || std::ranges::find(shown->mailboxes, bed->id) == shown->mailboxes.end()) return std::optional<Way>();
  const bool there = wanted != bed->id && std::ranges::find(all, wanted, &Mailbox::id) != all.end();
  return std::optional(Way{bed->id, there ? wanted : inbox_id});
}

}  // namespace

Result<std::optional<Sleeping>> sleeping(const Reader& reader, AccountId account, EmailId email) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::node, key::snooze(account, email)));
  if (!bytes) return std::optional<Sleeping>();
  TRY_ASSIGN(const auto found, read(*bytes));
  return std::optional(found);
}

Status put_to_sleep(Transaction& tx, AccountId account, EmailId email, const Snooze& snooze) {
  const auto key = key::snooze(account, email);
  if (!snooze.until) {
    tx.erase(Space::node, key);
    return {};
  }
  std::size_t count = 0;
  const auto prefix = key::snoozes(account);
  TRY(tx.scan(Space::node, prefix, key::after(prefix), [&count](std::string_view, std::string_view) { return ++count < most_sleeping; }));
  if (count >= most_sleeping) return fail(Errc::too_big, "10,000 emails sleep already");
  tx.put(Space::node, key, row(*snooze.until, snooze.to));
  return {};
}

Status Waker::start() {
  timer_ = store_.clock().timer(executor_);
  TRY(store_.snapshot()->scan(Space::node, key::snooze_prefix, key::after(std::string(key::snooze_prefix)), [this](std::string_view k, std::string_view bytes) {
    k.remove_prefix(key::snooze_prefix.size());
    const auto found = read(bytes);
    if (k.size() == 16 && found) waiting_.insert({found->until, key::account_of(k), key::email_of(k)});
    return true;
  }));
  tick();
  return {};
}

void Waker::stop() {
  stopping_ = true;
  if (timer_) timer_->cancel();
}

void Waker::add(AccountId account, EmailId email, WallTime until) {
  boost::asio::post(executor_, [this, one = Waiting{std::chrono::ceil<std::chrono::seconds>(until), account, email}] {
    waiting_.insert(one);
    tick();
  });
}

void Waker::tick() {
  if (stopping_ || !timer_ || waking_ || waiting_.empty()) return;
  const auto now = store_.clock().now();
  if (waiting_.begin()->at <= now) {
    waking_ = true;
    boost::asio::co_spawn(executor_, wake_due(), boost::asio::detached);
    return;
  }
  // The wall clock may be set meanwhile: look again from time to time.
  const Duration until = waiting_.begin()->at - now;
  timer_->start(std::min(until, longest_sleep), [this] { tick(); });
}

Task<void> Waker::wake_due() {
  while (!stopping_ && !waiting_.empty() && waiting_.begin()->at <= store_.clock().now()) {
    const auto one = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    auto done = co_await wake(one);
    if (done) continue;
    log_.error("snooze.not_woken", {{"email", object_id(one.email)}, {"why", done.error().what}});
    auto later = one;
    later.at = store_.clock().now() + std::chrono::duration_cast<WallTime::duration>(try_again);
    waiting_.insert(later);
  }
  waking_ = false;
  tick();
}

Task<Status> Waker::wake(Waiting one) {
  const auto row = sleeping(*store_.snapshot(), one.account, one.email);
  if (!row) co_return fail(row.error());
  // Woken by hand, or put to sleep for longer: that has an entry of its own.
  if (!*row || (*row)->until > store_.clock().now()) co_return Status{};
  const auto way = way_back(store_, one.account, one.email, (*row)->to);
  if (!way && way.error().code != Errc::not_found) co_return fail(way.error());
  if (!way || !*way) co_return co_await forget(store_, one.account, one.email);
  EmailPatch patch;
  patch.email = one.email;
  patch.mailbox_changes = {{(*way)->from, false}, {(*way)->to, true}};
  patch.keyword_changes = {{"\\Seen", false}};
  patch.snooze = Snooze{};
  std::vector<EmailPatch> patches;
  patches.push_back(std::move(patch));
  auto changed = co_await store_.change_emails(one.account, std::move(patches));
  if (!changed) co_return fail(changed.error());
  // It went, or its mailbox did, in between.
  if (!changed->each.front()) co_return co_await forget(store_, one.account, one.email);
  log_.info("snooze.woken", {{"email", object_id(one.email)}});
  co_return Status{};
}

}  // namespace posthorn::store
