#include "post/sender.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <algorithm>

#include "crypto/bytes.h"

namespace posthorn::post {
namespace {

constexpr std::uint32_t crash_limit = 3;
constexpr auto look_again = std::chrono::seconds(60);  // bounds what a jump of the wall clock can do to the waiting
constexpr std::size_t dispatch_limit = 1000;           // entries under way at once

std::chrono::milliseconds millis(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d); }

std::string destination_of(const Options& options, const QueuedRecipient& r) {
  return options.smarthost ? "smarthost " + options.smarthost->host : r.to.recipient.domain;
}

void apply(QueuedRecipient& r, const Attempt& attempt) {
  ++r.attempts;
  r.code = attempt.reply.code;
  r.enhanced = attempt.reply.enhanced;
  r.text = attempt.reply.text;
  r.remote = attempt.remote;
  if (attempt.reply.code >= 200 && attempt.reply.code < 300) r.state = attempt.dsn ? RecipientState::delivered : RecipientState::relayed;
  if (attempt.reply.code >= 500) r.state = RecipientState::failed;
}

}  // namespace

Sender::Sender(Executor executor, store::Store& store, crypto::Keyring& keyring, dns::Resolver& resolver, net::Dialer& dialer, Clock& clock,
               Log& log, const Options& options)
    : executor_(executor), store_(store), keyring_(keyring), resolver_(resolver), dialer_(dialer), clock_(clock), log_(log),
      options_(options), queue_(store, keyring), timer_(clock.timer(executor)), started_wall_(clock.now()), started_steady_(clock.steady()) {}

Status Sender::start() {
  TRY_ASSIGN(const auto all, queue_.due());
  due_.insert(all.begin(), all.end());
  log_.info("queue.loaded", {{"entries", std::to_string(due_.size())}});
  boost::asio::post(executor_, [this] { tick(); });
  return {};
}

void Sender::wake(Due due) {
  boost::asio::post(executor_, [this, due] {
    if (auto flight = flying_.find(due.id); flight != flying_.end()) flight->second.again = true;
    else due_.insert(due);
    tick();
  });
}

void Sender::stop() {
  boost::asio::post(executor_, [this] {
    stopping_ = true;
    timer_->cancel();
  });
}

// Expiry trusts the wall clock only while it moves like the steady one (faults.md 9): a jump must not return the whole queue.
bool Sender::clock_jumped() const {
  const auto wall = millis(clock_.now() - started_wall_), steady = millis(clock_.steady() - started_steady_);
  return wall - steady > std::chrono::hours(1) || steady - wall > std::chrono::hours(1);
}

void Sender::arm() {
  if (stopping_) return;
  Duration wait = look_again;
  if (!due_.empty()) wait = std::clamp<Duration>(due_.begin()->at - clock_.now(), std::chrono::milliseconds(1), look_again);
  timer_->start(wait, [this] { tick(); });
}

void Sender::tick() {
  if (stopping_) return;
  while (!due_.empty() && due_.begin()->at <= clock_.now() && flying_.size() < dispatch_limit) {
    const auto id = due_.begin()->id;
    due_.erase(due_.begin());
    if (flying_.try_emplace(id).second) boost::asio::co_spawn(executor_, dispatch(id), boost::asio::detached);
  }
  arm();
}

Task<void> Sender::dispatch(QueueId id) {
  Queue::Change begin = [](Entry& e) {
    if (e.held) return;
    if (++e.begun > crash_limit) {
      e.held = true;
      e.held_because = "the server stopped three times while sending this message";
    }
  };
  auto entry = co_await queue_.update(id, std::move(begin));
  if (!entry || entry->held || entry->done() || stopping_) {
    if (!entry && entry.error().code != Errc::not_found) {
      log_.error("queue.unreadable", {{"id", text_of(id)}, {"why", entry.error().what}});
    }
    flying_.erase(id);
    co_return;
  }
  std::map<std::string, Job> jobs;
  for (std::size_t i = 0; i < entry->recipients.size(); ++i) {
    if (entry->recipients[i].state != RecipientState::waiting) continue;
    auto& job = jobs[destination_of(options_, entry->recipients[i])];
    job.id = id;
    job.recipients.push_back(i);
  }
  flying_[id].jobs = jobs.size();
  const auto share = std::max<std::size_t>(1, options_.connections / 5);
  for (auto& [domain, job] : jobs) {
    auto [at, fresh] = destinations_.try_emplace(domain);
    if (fresh) at->second.concurrency = Concurrency(options_.start_concurrency, std::min(options_.most_concurrency, share));
    at->second.jobs.push_back(std::move(job));
  }
  start_workers();
}

void Sender::start_workers() {
  for (auto& [domain, destination] : destinations_) {
    while (!destination.jobs.empty() && destination.active < destination.concurrency.allowed() &&
           destination.active < destination.jobs.size() && active_ < options_.connections) {
      ++destination.active;
      ++active_;
      boost::asio::co_spawn(executor_, work(domain), boost::asio::detached);
    }
  }
}

Task<void> Sender::work(std::string domain) {
  auto& destination = destinations_.at(domain);
  {
    Delivery delivery(resolver_, dialer_, clock_, log_, options_, domain);
    bool go_on = true;
    while (go_on && !destination.jobs.empty() && !stopping_) {
      Job job = std::move(destination.jobs.front());
      destination.jobs.pop_front();
      go_on = co_await attempt(delivery, destination, std::move(job));
    }
    co_await delivery.finish();
  }
  --destination.active;
  --active_;
  if (destination.active == 0 && destination.jobs.empty()) destinations_.erase(domain);
  if (!stopping_) {
    start_workers();
    tick();
  }
}

// One job. False: the destination is in trouble, its other waiting jobs were given the same answer.
Task<bool> Sender::attempt(Delivery& delivery, Destination& destination, Job job) {
  auto entry = queue_.find(job.id);
  std::vector<Attempt> attempts(job.recipients.size());
  if (!entry || !*entry) {
    const std::string why = entry ? "the entry was removed" : entry.error().what;
    for (auto& one : attempts) one.reply = smtp::Reply{0, "4.3.0", why, {}};
    co_await settle(std::move(job), std::move(attempts));
    co_return true;
  }
  auto message = queue_.message(**entry);
  if (!message) {
    log_.error("queue.message_unreadable", {{"id", text_of(job.id)}, {"why", message.error().what}});
    for (auto& one : attempts) one.reply = smtp::Reply{0, "4.3.0", "the stored message cannot be read: " + message.error().what, {}};
    co_await settle(std::move(job), std::move(attempts));
    co_return true;
  }
  smtp::Outgoing outgoing;
  outgoing.from = (*entry)->from;
  outgoing.message = *message;
  for (const auto i : job.recipients) outgoing.recipients.push_back((*entry)->recipients[i].to);
  attempts = co_await delivery.send(text_of(job.id), outgoing);

  const bool trouble = delivery.unreachable();
  if (trouble) destination.concurrency.bad();
  else destination.concurrency.good();
  std::deque<Job> same;
  if (trouble) same.swap(destination.jobs);
  const Attempt first = attempts.empty() ? Attempt{} : attempts.front();
  co_await settle(std::move(job), std::move(attempts));
  for (auto& other : same) {
    std::vector<Attempt> alike(other.recipients.size(), first);
    co_await settle(std::move(other), std::move(alike));
  }
  co_return !trouble;
}

Task<void> Sender::settle(Job job, std::vector<Attempt> attempts) {
  auto& flight = flying_[job.id];
  const bool last = flight.jobs <= 1;
  // An operator may change the entry at the same time: look again, a few times. What cannot be written is sent again later, never lost.
  for (int tries = 0; tries < 5; ++tries) {
    auto done = co_await settle_once(job, attempts, last);
    if (done && *done) break;
    if (!done) {
      log_.error("queue.not_updated", {{"id", text_of(job.id)}, {"why", done.error().what}});
      break;
    }
  }
  if (!last) {
    --flying_[job.id].jobs;
    co_return;
  }
  flying_.erase(job.id);
  auto entry = queue_.find(job.id);
  if (entry && *entry && !(*entry)->held) {
    due_.insert(Due{(*entry)->due, job.id});
    arm();
  }
}

Task<Result<bool>> Sender::settle_once(const Job& job, const std::vector<Attempt>& attempts, bool last) {
  auto found = queue_.find(job.id);
  if (!found) co_return fail(found.error());
  if (!*found) co_return true;
  const Entry before = **found;
  Entry after = before;
  const auto now = clock_.now();
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    auto& r = after.recipients[job.recipients[i]];
    apply(r, attempts[i]);
    after.in_doubt |= attempts[i].in_doubt;
    log_.info(r.state == RecipientState::failed ? "delivery.failed" : r.state == RecipientState::waiting ? "delivery.deferred" : "delivery.done",
              {{"id", text_of(job.id)}, {"to", r.to.recipient.text()}, {"host", r.remote}, {"code", std::to_string(r.code)}, {"answer", r.enhanced + " " + r.text}});
  }
  if (last) {
    after.begun = 0;
    ++after.rounds;
    const bool over = now >= after.expires && !clock_jumped();
    for (auto& r : after.recipients)
      if (over && r.state == RecipientState::waiting) {
        r.state = RecipientState::failed;
        r.text += r.text.empty() ? "it could not be delivered in time" : " (tried until now without success)";
      }
    after.due = now + millis(backoff(after.rounds, options_.retry_first, options_.retry_most, crypto::random_number()));
  }
  // What is owed to the sender is committed with the change that makes it so: told once, never forgotten.
  std::vector<Handover> notices;
  const auto all_owed = owed(after, now, options_.warn_after);
  for (const auto action : {DsnAction::failed, DsnAction::relayed, DsnAction::delayed}) {
    std::vector<DsnRecipient> some;
    std::ranges::copy_if(all_owed, std::back_inserter(some), [action](const DsnRecipient& r) { return r.action == action; });
    if (some.empty()) continue;
    auto message = queue_.message(before);
    auto letter = dsn_letter(after, some, message ? std::string_view(*message) : std::string_view(), options_.host_name, now);
    if (!letter) continue;
    log_.info("dsn.sent", {{"id", text_of(job.id)}, {"as", text_of(letter->id)}, {"to", after.from.reverse_path.text()}});
    auto handover = co_await Handover::make(store_, keyring_, options_, std::move(*letter));
    if (handover) notices.push_back(std::move(*handover));
    else log_.warn("dsn.undeliverable", {{"id", text_of(job.id)}, {"why", handover.error().what}});
  }
  for (const auto& r : all_owed) {
    auto& mine = after.recipients[static_cast<std::size_t>(r.recipient - after.recipients.data())];
    (r.action == DsnAction::delayed ? mine.warned : mine.reported) = true;
  }
  // rfc:5321#6.1 and attacks.md A13: a failure that nobody may be told of is kept for the administrator instead of vanishing.
  if (last && after.login.empty() && !after.from.reverse_path.empty() && after.done() &&
      std::ranges::any_of(after.recipients, [](const auto& r) { return r.state == RecipientState::failed; })) {
    after.held = true;
    after.held_because = "it could not be sent on, and its sender is not authenticated, so no notice may be sent";
  }
  bool changed_meanwhile = false;
  const auto& store = store_;
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto current, read(tx, job.id));
    changed_meanwhile = !current || encode(*current) != encode(before);
    if (changed_meanwhile) return {};
    TRY(replace(store, tx, before, after));
    for (const auto& notice : notices) TRY(notice.write(store, tx));
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  if (changed_meanwhile) co_return false;
  for (const auto& notice : notices)
    if (auto due = notice.committed(store_)) wake(*due);
  co_return true;
}

Task<Status> Sender::retry(QueueId id) {
  auto done = co_await queue_.release_and_retry(id);
  if (!done) co_return fail(done.error());
  wake(Due{clock_.now(), id});
  co_return Status{};
}

}  // namespace posthorn::post
