#include "post/sender.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <algorithm>
#include <utility>

namespace posthorn::post {
namespace {

constexpr std::uint32_t crash_limit = 3;
constexpr auto look_again = std::chrono::seconds(60);  // bounds what a jump of the wall clock can do to the waiting
constexpr std::size_t dispatch_limit = 1000;           // entries under way at once

std::chrono::milliseconds millis(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d); }

std::string destination_of(const Options& options, const QueuedRecipient& r) {
  return options.smarthost ? "smarthost " + options.smarthost->host : r.to.recipient.domain;
}

}  // namespace

Sender::Sender(Executor executor, store::Store& store, crypto::Keyring& keyring, dns::Resolver& resolver, net::Dialer& dialer, Clock& clock,
               Log& log, const Options& options)
    : executor_(executor), resolver_(resolver), dialer_(dialer), clock_(clock), log_(log),
      options_(options), queue_(store, keyring), policies_(store, resolver, dialer, clock, log, options), settlement_(store, keyring, queue_, clock, log, options), timer_(clock.timer(executor)),
      ticked_wall_(clock.now()), ticked_steady_(clock.steady()) {}

Status Sender::start() {
  TRY_ASSIGN(const auto all, queue_.due());
  due_.insert(all.begin(), all.end());
  log_.info("queue.loaded", {{"entries", std::to_string(due_.size())}});
  boost::asio::post(executor_, [this] { tick(); });
  return {};
}

void Sender::look_at_all() {
  boost::asio::post(executor_, [this] {
    const auto all = queue_.due();
    if (!all) return log_.error("queue.unreadable", {{"why", all.error().what}});
    for (const auto& one : *all)
      if (!flying_.contains(one.id)) due_.insert(one);
    tick();
  });
}

void Sender::wake(Due due) {
  boost::asio::post(executor_, [this, due] {
    if (!flying_.contains(due.id)) due_.insert(due);  // what is under way is looked at again when it lands
    tick();
  });
}

void Sender::stop() {
  boost::asio::post(executor_, [this] {
    stopping_ = true;
    timer_->cancel();
    // What a graceful stop interrupts is no crash: it must not count towards holding the message.
    for (const auto& [id, flight] : flying_) boost::asio::co_spawn(executor_, forget_attempt(id), boost::asio::detached);
  });
}

Task<void> Sender::forget_attempt(QueueId id) {
  Queue::Change forget = [](Entry& e) { e.begun = 0; };
  auto done = co_await queue_.update(id, std::move(forget));
  if (!done && done.error().code != Errc::not_found) log_.warn("queue.not_updated", {{"id", text_of(id)}, {"why", done.error().what}});
}

// No pause is longer. What is due later than that was written when the wall clock was ahead, and is due now (faults.md 9).
Duration Sender::farthest() const { return std::max(options_.retry_first, options_.retry_most) * 6 / 5 + look_again; }

// A jump returns nothing and loses nothing, for expiry counts the time that really passed; but people want to know.
void Sender::watch_clock() {
  const auto now = clock_.now();
  const auto steady = clock_.steady();
  const auto off = (now - ticked_wall_) - millis(steady - ticked_steady_);
  ticked_wall_ = now;
  ticked_steady_ = steady;
  if (off < std::chrono::hours(1) && off > -std::chrono::hours(1)) return;
  log_.error("clock.jumped", {{"seconds", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(off).count())},
                              {"todo", "Check the clock of this machine and its NTP service. The queue waits as long as it would have."}});
}

void Sender::arm() {
  if (stopping_) return;
  Duration wait = look_again;
  if (!due_.empty() && flying_.size() < dispatch_limit) wait = std::clamp<Duration>(due_.begin()->at - clock_.now(), std::chrono::milliseconds(1), look_again);
  timer_->start(wait, [this] { tick(); });
}

void Sender::tick() {
  if (stopping_) return;
  watch_clock();
  bool any = false;
  const auto now = clock_.now(), too_far = now + millis(farthest());
  while (!due_.empty() && flying_.size() < dispatch_limit) {
    auto next = due_.begin();
    if (next->at > now) next = std::prev(due_.end());
    if (next->at > now && next->at <= too_far) break;
    const auto id = next->id;
    due_.erase(next);
    any |= take_off(id);
  }
  if (any) start_workers();
  arm();
}

// Makes jobs of a due entry. False: there is nothing to do for it now.
bool Sender::take_off(QueueId id) {
  if (flying_.contains(id)) return false;
  const auto found = queue_.find(id);
  if (!found) log_.error("queue.unreadable", {{"id", text_of(id)}, {"why", found.error().what}});
  // A record that does not check stays as it is; a disk that could not be read may do better later.
  if (!found && found.error().code != Errc::corrupt) due_.insert(Due{clock_.now() + millis(options_.retry_first), id});
  if (!found || !*found || (*found)->held || (*found)->done()) return false;
  const Entry& entry = **found;
  if (entry.due > clock_.now() && entry.due <= clock_.now() + millis(farthest())) {  // the wake-up was an old one
    due_.insert(Due{entry.due, id});
    return false;
  }
  std::map<std::string, Job> jobs;
  for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
    if (entry.recipients[i].state != RecipientState::waiting) continue;
    auto& job = jobs[destination_of(options_, entry.recipients[i])];
    job.id = id;
    job.recipients.push_back(i);
  }
  flying_[id].jobs = jobs.size();
  flying_[id].crashes = entry.begun;
  const auto share = std::max<std::size_t>(1, options_.connections / 5);
  for (auto& [domain, job] : jobs) {
    auto [at, fresh] = destinations_.try_emplace(domain);
    if (fresh) at->second.concurrency = Concurrency(options_.start_concurrency, std::min(options_.most_concurrency, share));
    at->second.jobs.push_back(std::move(job));
  }
  return true;
}

void Sender::start_workers() {
  std::vector<std::string> waiting;  // a worker may end, and its destination with it, before co_spawn returns
  for (const auto& [domain, destination] : destinations_)
    if (!destination.jobs.empty()) waiting.push_back(domain);
  for (const auto& domain : waiting) {
    for (auto at = destinations_.find(domain); at != destinations_.end(); at = destinations_.find(domain)) {
      auto& destination = at->second;
      if (destination.jobs.size() <= destination.starting || destination.active >= destination.concurrency.allowed() || active_ >= options_.connections) break;
      ++destination.active;
      ++destination.starting;
      ++active_;
      boost::asio::co_spawn(executor_, work(domain), boost::asio::detached);
    }
  }
}

Task<void> Sender::work(std::string domain) {
  auto& destination = destinations_.at(domain);
  --destination.starting;
  {
    Delivery delivery(resolver_, dialer_, clock_, log_, options_, policies_, domain);
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

// Marks on disk that attempts begin, so that crashes are counted: one more than there were when the entry took off.
Task<Result<Entry>> Sender::mark_begun(QueueId id) {
  Queue::Change change = [crashes = flying_[id].crashes](Entry& e) {
    if (e.held) return;
    e.begun = crashes + 1;
    if (e.begun <= crash_limit) return;
    e.held = true;
    e.held_because = "the server stopped three times while sending this message";
  };
  co_return co_await queue_.update(id, std::move(change));
}

// Nothing: the entry is gone, held, or cannot be written now.
Task<std::optional<Entry>> Sender::begin(QueueId id) {
  auto& flight = flying_[id];
  Result<Entry> entry = fail(Errc::not_found, "it is gone");
  if (flight.attempting++ == 0) {
    entry = co_await mark_begun(id);
  } else if (auto found = queue_.find(id); !found) {
    entry = fail(found.error());
  } else if (*found) {
    entry = std::move(**found);
  }
  if (entry && !entry->held) co_return std::move(*entry);
  --flight.attempting;
  if (entry) log_.warn("queue.held", {{"id", text_of(id)}, {"why", entry->held_because}});
  else if (entry.error().code != Errc::not_found) log_.error("queue.unreadable", {{"id", text_of(id)}, {"why", entry.error().what}});
  co_return std::nullopt;
}

// One job. False: the destination is in trouble, its other waiting jobs were given the same answer.
Task<bool> Sender::attempt(Delivery& delivery, Destination& destination, Job job) {
  auto entry = co_await begin(job.id);
  std::vector<Attempt> attempts;
  if (!entry) {
    co_await settle(std::move(job), std::move(attempts));
    co_return true;
  }
  attempts.resize(job.recipients.size());
  auto message = co_await queue_.read_message(*entry);
  if (!message) {
    log_.error("queue.message_unreadable", {{"id", text_of(job.id)}, {"why", message.error().what}});
    --flying_[job.id].attempting;
    for (auto& one : attempts) one.reply = smtp::Reply{0, "4.3.0", "the stored message cannot be read: " + message.error().what, {}};
    co_await settle(std::move(job), std::move(attempts));
    co_return true;
  }
  smtp::Outgoing outgoing;
  outgoing.from = entry->from;
  outgoing.message = *message;
  for (const auto i : job.recipients) outgoing.recipients.push_back(entry->recipients[i].to);
  attempts = co_await delivery.send(text_of(job.id), outgoing);
  --flying_[job.id].attempting;

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

// The outcomes of an entry's jobs are written one after the other: only so is it clear which is the last. Whoever comes first writes for all,
// and what came meanwhile is written together: each time the whole entry is.
Task<void> Sender::settle(Job job, std::vector<Attempt> attempts) {
  const auto id = job.id;
  auto& flight = flying_[id];
  flight.ended.push_back(Ended{std::move(job.recipients), std::move(attempts)});
  if (flight.settling) co_return;
  flight.settling = true;
  Settlement::Written written{.all = true, .gone = false, .fresh = {}};
  while (!flight.ended.empty()) {
    auto ended = std::exchange(flight.ended, {});
    const auto count = ended.size();
    const Settlement::Meanwhile meanwhile{flight.attempting, stopping_};
    const auto round = flight.jobs == count ? Settlement::Round::over : Settlement::Round::goes_on;
    const auto now = co_await settlement_.write(id, std::move(ended), round, meanwhile);
    for (const auto due : now.fresh) wake(due);
    written.all = written.all && now.all;
    written.gone = now.gone;
    flight.jobs -= count;
  }
  flight.settling = false;
  if (flight.jobs == 0) land(id, written);
}

// All jobs of the entry have ended.
void Sender::land(QueueId id, const Settlement::Written& written) {
  flying_.erase(id);
  if (written.gone) return tick();
  const auto entry = queue_.find(id);
  if (entry && *entry && !(*entry)->held) {
    // What could not be written is sent again later, never lost, and not at once: the disk may be full. Its own time says nothing
    // then: it may be one of a clock that was ahead, which would be due now, over and over.
    due_.insert(Due{written.all ? (*entry)->due : clock_.now() + millis(options_.retry_first), id});
  } else if (!entry && entry.error().code != Errc::corrupt) {
    due_.insert(Due{clock_.now() + millis(options_.retry_first), id});
  }
  tick();
}

Task<Status> Sender::retry(QueueId id) {
  auto done = co_await queue_.release_and_retry(id);
  if (!done) co_return fail(done.error());
  wake(Due{clock_.now(), id});
  co_return Status{};
}

}  // namespace posthorn::post
