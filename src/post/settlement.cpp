#include "post/settlement.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "crypto/bytes.h"
#include "post/backoff.h"
#include "post/submission.h"

namespace posthorn::post {
namespace {

constexpr int most_looks = 5;
constexpr Duration first_pause = std::chrono::milliseconds(200), longest_pause = std::chrono::seconds(30);

// What passes when the disk is there again, or has room.
bool may_pass(Errc code) { return code == Errc::io || code == Errc::unavailable || code == Errc::over_quota || code == Errc::timeout; }

void apply(QueuedRecipient& r, const Attempt& attempt) {
  ++r.attempts;
  r.code = attempt.reply.code;
  r.enhanced = attempt.reply.enhanced;
  r.text = attempt.reply.text;
  r.remote = attempt.remote;
  if (attempt.reply.code >= 200 && attempt.reply.code < 300) r.state = attempt.dsn ? RecipientState::delivered : RecipientState::relayed;
  if (attempt.reply.code >= 500) r.state = RecipientState::failed;
}

void apply(Entry& entry, const Ended& one, WallTime now) {
  for (std::size_t i = 0; i < one.attempts.size(); ++i) {
    const auto& attempt = one.attempts[i];
    auto& r = entry.recipients[one.recipients[i]];
    apply(r, attempt);
    entry.tried.push_back(Tried{now, r.to.recipient.text(), r.remote, attempt.tls, r.code, r.enhanced + " " + r.text});
    entry.in_doubt |= attempt.in_doubt;
  }
  if (entry.tried.size() > most_tried) entry.tried.erase(entry.tried.begin(), entry.tried.end() - most_tried);
}

// Those that `notices` tell of are owed no more. Whether there are failures that nobody is told of.
bool mark_told(Entry& after, const std::vector<DsnRecipient>& all_owed, const std::vector<Handover>& notices) {
  const bool failures = std::ranges::any_of(all_owed, [](const DsnRecipient& r) { return r.action == DsnAction::failed; });
  const bool untold = failures && notices.empty();
  for (const auto& r : all_owed) {
    auto& mine = after.recipients[static_cast<std::size_t>(r.recipient - after.recipients.data())];
    if (r.action == DsnAction::delayed) mine.warned = true;
    else if (r.action != DsnAction::failed || !untold) mine.reported = true;
  }
  return untold;
}

// rfc:5321#6.1 and attacks.md A13: a failure that nobody may or can be told of is kept for the administrator instead of vanishing.
void hold_if_untold(Entry& after, bool untold) {
  const bool stranger = after.login.empty() && !after.from.reverse_path.empty() &&
                        std::ranges::any_of(after.recipients, [](const auto& r) { return r.state == RecipientState::failed; });
  if (!after.done() || (!stranger && !untold)) return;
  after.held = true;
  after.held_because = stranger ? "it could not be sent on, and its sender is not authenticated, so no notice may be sent"
                                : "it could not be delivered, and its sender's mailbox takes no notice of that";
}

}  // namespace

Task<Settlement::Written> Settlement::write(QueueId id, std::vector<Ended> ended, Round round, Meanwhile meanwhile) {
  Written out;
  const bool all_tried = std::erase_if(ended, [](const Ended& one) { return one.attempts.empty(); }) == 0;
  if (ended.empty()) co_return out;
  const Order order{id, std::move(ended), all_tried ? round : Round::goes_on, meanwhile};
  auto entry = queue_.find(id);
  if (entry && *entry) log_attempts(id, **entry, order.ended);
  auto tell = Tell::sender;
  auto pause = first_pause;
  // An operator may change the entry at the same time: look again, a few times.
  for (int looks = 0; looks < most_looks; entry = queue_.find(id)) {
    auto done = co_await write_once(order, tell, std::move(entry), out);
    out.all = done && *done && all_tried;
    if (done && *done) co_return out;
    if (done) {
      ++looks;
      continue;
    }
    const bool untold = tell == Tell::sender && (done.error().code == Errc::over_quota || done.error().code == Errc::not_found);
    log_.error(untold ? "dsn.undeliverable" : "queue.not_updated", {{"id", text_of(id)}, {"why", done.error().what}});
    if (untold) {
      // That the sender's mailbox is full must not undo what is known of the recipients, or they would get the message again.
      tell = Tell::nobody;
      continue;
    }
    if (!may_pass(done.error().code) || meanwhile.stopping) co_return out;
    co_await sleep(clock_, pause);
    pause = std::min(2 * pause, longest_pause);
  }
  co_return out;
}

void Settlement::log_attempts(QueueId id, const Entry& entry, const std::vector<Ended>& ended) {
  for (const auto& one : ended) {
    for (std::size_t i = 0; i < one.attempts.size(); ++i) {
      auto r = entry.recipients[one.recipients[i]];
      apply(r, one.attempts[i]);
      log_.info(r.state == RecipientState::failed ? "delivery.failed" : r.state == RecipientState::waiting ? "delivery.deferred" : "delivery.done",
                {{"id", text_of(id)}, {"to", r.to.recipient.text()}, {"host", r.remote}, {"code", std::to_string(r.code)}, {"answer", r.enhanced + " " + r.text}});
    }
  }
}

void Settlement::end_round(Entry& entry, WallTime now) const {
  ++entry.rounds;
  const bool over = entry.waited >= entry.expires - entry.arrived;
  for (auto& r : entry.recipients)
    if (over && r.state == RecipientState::waiting) {
      r.state = RecipientState::failed;
      r.text += r.text.empty() ? "it could not be delivered in time" : " (tried until now without success)";
    }
  entry.due = now + std::chrono::duration_cast<std::chrono::milliseconds>(backoff(entry.rounds, options_.retry_first, options_.retry_most, crypto::random_number()));
}

// What is owed to the sender, as letters ready to be committed.
Task<std::vector<Handover>> Settlement::notices_for(const Entry& after, const std::vector<DsnRecipient>& all_owed, WallTime now) {
  std::vector<Handover> notices;
  for (const auto action : {DsnAction::failed, DsnAction::relayed, DsnAction::delayed}) {
    std::vector<DsnRecipient> some;
    std::ranges::copy_if(all_owed, std::back_inserter(some), [action](const DsnRecipient& r) { return r.action == action; });
    if (some.empty()) continue;
    auto message = co_await queue_.read_message(after);
    auto letter = dsn_letter(after, some, message ? std::string_view(*message) : std::string_view(), options_.host_name, now);
    if (!letter) continue;
    log_.info("dsn.sent", {{"id", text_of(after.id)}, {"as", text_of(letter->id)}, {"to", after.from.reverse_path.text()}});
    auto handover = co_await Handover::make(store_, keyring_, options_, std::move(*letter));
    if (handover) {
      notices.push_back(std::move(*handover));
      continue;
    }
    log_.warn("dsn.undeliverable", {{"id", text_of(after.id)}, {"why", handover.error().what}});
    if (action == DsnAction::failed) break;  // the caller sees by an empty list that nobody was told
  }
  co_return notices;
}

Task<Result<bool>> Settlement::write_once(const Order& order, Tell tell, Result<std::optional<Entry>> found, Written& out) {
  if (!found) co_return fail(found.error());
  out.gone = !*found;
  if (out.gone) co_return true;
  const Entry before = *std::move(*found);
  Entry after = before;
  const auto now = clock_.now();
  for (const auto& one : order.ended) apply(after, one, now);
  if (order.meanwhile.attempting == 0) after.begun = 0;
  count_time(after, now, clock_.steady());
  if (order.round == Round::over) end_round(after, now);
  const auto all_owed = owed(after, options_.warn_after);
  std::vector<Handover> notices;
  if (tell == Tell::sender) notices = co_await notices_for(after, all_owed, now);
  const bool untold = mark_told(after, all_owed, notices);
  if (order.round == Round::over) hold_if_untold(after, untold);
  bool changed_meanwhile = false;
  const auto& store = store_;
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto current, read(tx, order.id));
    changed_meanwhile = !current || encode(*current) != encode(before);
    if (changed_meanwhile) return {};
    TRY(replace(store, tx, before, after));
    if (after.submission.there()) TRY(note_recipients(store, tx, after.submission, after.recipients, after.tried));
    for (const auto& notice : notices) TRY(notice.write(store, tx));
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  if (changed_meanwhile) co_return false;
  out.gone = after.done() && !after.held;
  if (after.held && !before.held) log_.warn("queue.held", {{"id", text_of(order.id)}, {"why", after.held_because}});
  if (after.submission.there()) {
    const std::array<AccountId, 1> who{after.submission.account};
    store_.committed(who);
  }
  for (const auto& notice : notices) std::ranges::move(notice.committed(store_, log_), std::back_inserter(out.fresh));
  co_return true;
}

}  // namespace posthorn::post
