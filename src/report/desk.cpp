#include "report/desk.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "report/compose.h"
#include "report/history.h"
#include "trust/ask.h"

namespace posthorn::report {
namespace {

constexpr std::chrono::seconds flush_time{5}, first_look{0}, look_time{600}, send_time{900}, dns_time{20};
constexpr Day give_up_after = 3, keep_counts = 100, keep_reports = 400;
constexpr std::int64_t seconds_a_day = 86'400, spread_over = 3 * 3600;
constexpr std::size_t most_in_memory = 20'000, most_unproven_a_day = 2'000, most_failures_a_day = 100;

std::int64_t seconds_of(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

// Not all at midnight (RFC 9990 3.5 asks senders to spread); the same domain at the same time each day.
std::int64_t spread(std::string_view domain) { return static_cast<std::int64_t>(crypto::xxh3(domain) % spread_over); }

// The addresses that most messages' record named: it may have changed during the day.
std::vector<std::string> uris_of(const Tallied& rows) {
  std::map<std::vector<std::string>, std::uint64_t> all;
  for (const auto& [seen, count] : rows) all[seen.rua] += count;
  const auto most = std::ranges::max_element(all, {}, [](const auto& one) { return one.second; });
  return most == all.end() ? std::vector<std::string>() : most->first;
}

struct TakeIn {
  std::string message;
  Taken operator()() const { return take_from_message(mail::parse(message)); }
};

// The author is the reverse-path, too: so SPF proves the report where no key signs it. Nobody is told if it cannot be delivered.
post::Letter letter_to(const std::vector<std::string>& addresses, const std::string& from, std::string message) {
  post::Letter letter;
  if (auto author = mail::parse_address(from)) letter.from.reverse_path = std::move(*author);
  for (const auto& one : addresses) {
    const auto address = mail::parse_address(one);
    if (!address) continue;
    smtp::RcptTo to;
    to.recipient = *address;
    to.notify.never = true;
    letter.recipients.push_back(std::move(to));
  }
  letter.message = std::move(message);
  return letter;
}

}  // namespace

Desk::Desk(Executor executor, store::Store& store, crypto::Keyring& keyring, post::Office& office, dns::Resolver& resolver, Log& log, DeskOptions options,
           std::string host_name)
    : executor_(std::move(executor)), store_(store), keys_(store, keyring), office_(office), resolver_(resolver), clock_(store.clock()), log_(log),
      options_(std::move(options)), host_name_(std::move(host_name)), shelf_(store), flush_timer_(clock_.timer(executor_)), send_timer_(clock_.timer(executor_)),
      look_timer_(clock_.timer(executor_)), addresses_(std::make_shared<std::set<std::string>>(options_.intake.begin(), options_.intake.end())) {
  if (options_.organization.empty()) options_.organization = host_name_;
}

void Desk::every(Timer& timer, Duration time, Task<void> (Desk::*what)()) {
  if (stopping_) return;
  timer.start(time, [this, what] { boost::asio::co_spawn(executor_, (this->*what)(), boost::asio::detached); });
}

void Desk::start() {
  every(*flush_timer_, flush_time, &Desk::flush_round);
  every(*look_timer_, first_look, &Desk::look_round);
  every(*send_timer_, send_time, &Desk::send_round);
}

void Desk::stop() {
  stopping_ = true;
  flush_timer_->cancel();
  send_timer_->cancel();
  look_timer_->cancel();
}

Task<void> Desk::flush_round() {
  auto done = co_await flush();
  if (!done) log_.error("report.not_counted", {{"why", done.error().what}});
  every(*flush_timer_, flush_time, &Desk::flush_round);
}

Task<void> Desk::look_round() {
  co_await find_addresses();
  every(*look_timer_, look_time, &Desk::look_round);
}

Task<void> Desk::send_round() {
  co_await send_due();
  every(*send_timer_, send_time, &Desk::send_round);
}

Task<Status> Desk::flush() {
  std::map<TallyKey, std::uint64_t> counts;
  {
    const std::lock_guard lock(mutex_);
    counts = tally_.take();
  }
  if (counts.empty()) co_return Status{};
  co_return co_await shelf_.add(std::move(counts));
}

Task<void> Desk::arrived(const post::Arrived& one) {
  bool full = false;
  if (auto seen = seen_of(one.judgement, one.facts)) {
    const std::lock_guard lock(mutex_);
    tally_.add(day_of(one.facts.now), *seen);
    full = tally_.size() >= most_in_memory;
  }
  if (full) {
    auto done = co_await flush();
    if (!done) log_.error("report.not_counted", {{"why", done.error().what}});
  }
  if (options_.send_failures && wants_failure_report(one.judgement, one.message)) boost::asio::co_spawn(executor_, send_failure(std::string(one.message), one.judgement, one.facts), boost::asio::detached);
  if (!one.refused) co_await take_in(one);
}

Task<void> Desk::find_addresses() {
  std::set<std::string> found(options_.intake.begin(), options_.intake.end());
  const auto domains = store_.domains();
  if (!domains) co_return;
  for (const auto& domain : *domains) {
    const auto answer = co_await resolver_.resolve("_dmarc." + domain, dns::Type::txt);
    for (const auto& one : answer.records) {
      const auto* txt = std::get_if<dns::Txt>(&one);
      const auto record = txt == nullptr ? std::nullopt : trust::dmarc::parse_record(txt->text);
      if (!record) continue;
      for (const auto* uris : {&record->rua, &record->ruf})
        for (const auto& uri : *uris) {
          const auto text = address_in(uri);
          const auto address = text ? mail::parse_address(*text) : Result<mail::Address>(fail(Errc::invalid, ""));
          if (address) found.insert(address->text());
        }
    }
    // What an earlier look found stays while the DNS cannot be asked.
    if (answer.outcome == dns::Outcome::failed) {
      const std::lock_guard lock(mutex_);
      found.insert(addresses_->begin(), addresses_->end());
    }
  }
  std::string all;
  for (const auto& one : found) all += (all.empty() ? "" : " ") + one;
  const std::lock_guard lock(mutex_);
  if (*addresses_ != found) log_.info("report.addresses", {{"addresses", all}});
  addresses_ = std::make_shared<const std::set<std::string>>(std::move(found));
}

bool Desk::is_ours(std::string_view domain) const {
  const auto domains = store_.domains();
  return domains && std::ranges::any_of(*domains, [domain](const std::string& one) { return is_at_or_below(domain, one) || is_at_or_below(one, domain); });
}

std::optional<Refusal> Desk::refuse(const Aggregate& report, bool any_domain) const {
  if (!any_domain && !is_ours(report.published.domain)) return Refusal{report.report_id, "it is about " + printable(report.published.domain, 255) + ", which is no domain of ours"};
  if (report.end > seconds_of(clock_.now()) + 2 * seconds_a_day) return Refusal{report.report_id, "it tells of days that have not been yet"};
  return std::nullopt;
}

Task<void> Desk::take_in(const post::Arrived& one) {
  std::shared_ptr<const std::set<std::string>> addresses;
  {
    const std::lock_guard lock(mutex_);
    addresses = addresses_;
  }
  const auto is_one = [&addresses](const smtp::RcptTo& to) { return addresses->contains(to.recipient.text()); };
  const auto at = std::ranges::find_if(one.recipients, is_one);
  if (at == one.recipients.end()) co_return;
  const bool any_domain = std::ranges::find(options_.intake, at->recipient.text()) != options_.intake.end();
  const bool proven = one.judgement.dmarc.result == trust::dmarc::Result::pass;
  TakeIn work{std::string(one.message)};
  auto taken = co_await store_.workers().run(std::move(work));
  std::vector<Aggregate> good;
  for (auto& report : taken.aggregates) {
    if (auto refusal = refuse(report, any_domain)) taken.refused.push_back(std::move(*refusal));
    else good.push_back(std::move(report));
  }
  taken.aggregates = std::move(good);
  for (const auto& refusal : taken.refused) log_.warn("report.refused", {{"from", one.facts.mail_from}, {"file", refusal.file}, {"why", refusal.why}});
  if (taken.aggregates.empty() && taken.failures.empty()) co_return;
  if (!proven) {
    const std::lock_guard lock(mutex_);
    const auto today = day_of(clock_.now());
    if (unproven_day_ != today) unproven_ = 0;
    unproven_day_ = today;
    if (++unproven_ > most_unproven_a_day) {
      log_.warn("report.refused", {{"from", one.facts.mail_from}, {"why", "too many reports today whose sender is not proven"}});
      co_return;
    }
  }
  Origin origin{one.judgement.dmarc.author.empty() ? one.facts.mail_from : one.judgement.dmarc.author, proven};
  const auto count = taken.aggregates.size() + taken.failures.size();
  auto kept = co_await shelf_.keep_all(std::move(taken), origin);
  if (!kept) log_.error("report.not_kept", {{"from", one.facts.mail_from}, {"why", kept.error().what}});
  else log_.info("report.taken", {{"from", origin.from}, {"proven", proven ? "yes" : "no"}, {"reports", std::to_string(count)}, {"new", std::to_string(*kept)}});
}

Result<std::string> Desk::from_address() const {
  if (!options_.from.empty()) return options_.from;
  TRY_ASSIGN(const auto domains, store_.domains());
  if (domains.empty()) return fail(Errc::not_found, "there is no domain of ours to send a report from", "Add one with: posthorn domain add DOMAIN");
  for (const auto& domain : domains) {
    TRY_ASSIGN(const auto signers, keys_.signers(domain));
    if (!signers->empty()) return "postmaster@" + domain;
  }
  return "postmaster@" + domains.front();
}

Task<Result<Destinations>> Desk::destinations(std::string domain, std::vector<std::string> uris, std::string tag) {
  trust::Answers answers;
  for (int round = 0; round < 20; ++round) {
    if (auto out = destinations_of(domain, uris, tag, answers)) co_return std::move(*out);
    co_await trust::ask(resolver_, answers, clock_, dns_time);
  }
  co_return fail(Errc::unavailable, "the DNS did not say where the report may go");
}

Task<Result<Sent>> Desk::settle(Sent note) {
  auto noted = co_await shelf_.note_sent(note);
  if (!noted) co_return fail(noted.error());
  std::string to;
  for (const auto& one : note.to) to += (to.empty() ? "" : " ") + one;
  log_.info("report.settled", {{"domain", note.domain}, {"day", text_of(note.day)}, {"outcome", note.outcome}, {"to", to}, {"messages", std::to_string(note.messages)}});
  co_return note;
}

Task<Result<Sent>> Desk::send(std::string domain, Day day) {
  auto flushed = co_await flush();
  if (!flushed) co_return fail(flushed.error());
  auto rows = shelf_.tally(domain, day);
  if (!rows) co_return fail(rows.error());
  if (rows->empty()) co_return fail(Errc::not_found, "no mail under the policy of " + domain + " was judged on " + text_of(day), "List what is counted with: posthorn report list --counted");
  Sent note;
  note.day = day;
  note.domain = domain;
  note.when = clock_.now();
  for (const auto& row : *rows) note.messages += row.second;
  const auto uris = uris_of(*rows);
  if (uris.empty()) {
    note.outcome = "not asked for";
    co_return co_await settle(std::move(note));
  }
  auto where = co_await destinations(domain, uris, "rua");
  if (!where) co_return fail(where.error());
  if (where->addresses.empty()) {
    if (where->again) co_return fail(Errc::unavailable, "the DNS failed when asked where reports about " + domain + " may go", "It is tried again");
    note.outcome = "nowhere to send it";
    for (const auto& one : where->refused) note.outcome += ": " + one;
    co_return co_await settle(std::move(note));
  }
  auto from = from_address();
  if (!from) co_return fail(from.error());
  Reporter reporter;
  reporter.org_name = options_.organization;
  reporter.email = *from;
  reporter.contact = options_.contact;
  reporter.generator = "Posthorn";
  // The same for the same day, so that a second copy is known as one (rfc:9990#3.5).
  reporter.report_id = hex(crypto::sha256(host_name_ + " " + domain + " " + text_of(day)).substr(0, 16));
  const auto report = aggregate_of(domain, day, *rows, reporter);
  Posting posting;
  posting.from = *from;
  posting.submitter = from->substr(from->rfind('@') + 1);
  posting.to = where->addresses;
  posting.now = note.when;
  auto message = compose(report, posting);
  if (!message) co_return fail(message.error());
  auto letter = letter_to(posting.to, posting.from, std::move(*message));
  auto posted = co_await office_.post_own(std::move(letter));
  if (!posted) co_return fail(posted.error());
  note.report_id = reporter.report_id;
  note.to = posting.to;
  note.outcome = "sent";
  co_return co_await settle(std::move(note));
}

Task<void> Desk::send_due() {
  const auto now = clock_.now();
  const auto today = day_of(now);
  if (options_.send) {
    auto flushed = co_await flush();
    const auto counted = shelf_.counted();
    if (!flushed || !counted) co_return;
    for (const auto& one : *counted) {
      if (one.day >= today || seconds_of(now) < (one.day + 1) * seconds_a_day + spread(one.domain)) continue;
      const auto before = shelf_.sent(one.domain, one.day);
      if (!before || *before) continue;
      if (today - one.day > give_up_after) {
        Sent late;
        late.day = one.day;
        late.domain = one.domain;
        late.messages = one.messages;
        late.when = now;
        late.outcome = "given up: it could not be sent for " + std::to_string(give_up_after) + " days";
        static_cast<void>(co_await settle(std::move(late)));
        continue;
      }
      auto done = co_await send(one.domain, one.day);
      if (!done) log_.warn("report.not_sent", {{"domain", one.domain}, {"day", text_of(one.day)}, {"why", done.error().what}});
    }
  }
  auto gone = co_await shelf_.forget(today - keep_counts, now - std::chrono::days(keep_reports));
  if (!gone) log_.error("report.not_forgotten", {{"why", gone.error().what}});
}

Task<void> Desk::send_failure(std::string message, trust::Judgement judgement, trust::Facts facts) {
  const auto& domain = judgement.dmarc.record_domain;
  {
    const std::lock_guard lock(mutex_);
    const auto today = day_of(clock_.now());
    if (failures_day_ != today) failures_.clear();
    failures_day_ = today;
    if (failures_.size() > most_in_memory || ++failures_[domain] > most_failures_a_day) co_return;
  }
  auto where = co_await destinations(domain, judgement.dmarc.parsed->ruf, "ruf");
  auto from = from_address();
  if (!where || where->addresses.empty() || !from) co_return;
  Posting posting;
  posting.from = *from;
  posting.submitter = from->substr(from->rfind('@') + 1);
  posting.to = where->addresses;
  posting.now = clock_.now();
  auto text = compose_failure(judgement, facts, message, posting, hex(crypto::random_bytes(8)));
  if (!text) co_return;
  auto letter = letter_to(posting.to, posting.from, std::move(*text));
  auto posted = co_await office_.post_own(std::move(letter));
  if (!posted) log_.warn("report.failure_not_sent", {{"domain", domain}, {"why", posted.error().what}});
  else log_.info("report.failure_sent", {{"domain", domain}});
}

}  // namespace posthorn::report
