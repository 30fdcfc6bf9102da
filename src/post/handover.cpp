#include "post/handover.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"
#include "crypto/bytes.h"
#include "post/srs.h"
#include "post/submission.h"
#include "post/trace.h"
#include "store/mute.h"
#include "store/roles.h"

namespace posthorn::post {
namespace {

constexpr std::size_t many_accounts = 10;     // more may need a larger commit than the usual one
constexpr std::size_t inline_limit = 65'536;  // below this, hopping to a worker costs more than the work

// Store::prepare for mailboxes, Store::seal for the queue.
using Make = Result<store::Prepared> (store::Store::*)(std::string_view) const;
struct MakeWork {
  const store::Store* store;
  Make make;
  std::string message;
  Result<store::Prepared> operator()() const { return (store->*make)(message); }
};

Task<Result<std::shared_ptr<const store::Prepared>>> made_ready(store::Store& store, Make make, std::string message, std::string evidence) {
  const bool small = message.size() <= inline_limit;
  MakeWork work{&store, make, std::move(message)};
  Result<store::Prepared> made = fail(Errc::invalid, "not prepared");
  if (small) {
    made = work();
  } else {
    made = co_await store.workers().run(std::move(work));
  }
  if (!made) co_return fail(made.error());
  if (!evidence.empty()) store.attach_evidence(*made, evidence);
  auto shared = std::make_shared<const store::Prepared>(std::move(*made));
  auto staged = co_await store.stage(shared);
  if (!staged) co_return fail(staged.error());
  co_return shared;
}

Result<MailboxId> target_of(const store::Store& store, AccountId account, bool junk) {
  if (!junk) return store::inbox_id;
  TRY_ASSIGN(const auto found, store::mailbox_with_role(*store.snapshot(), account, store::Role::junk));
  return found.value_or(store::inbox_id);
}

void add_once(std::vector<AccountId>& all, AccountId one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

// Two aliases may lead to the same place: it gets the message once.
void add_once(std::vector<QueuedRecipient>& all, QueuedRecipient one) {
  if (std::ranges::none_of(all, [&one](const QueuedRecipient& r) { return r.to.recipient == one.to.recipient; })) all.push_back(std::move(one));
}

QueuedRecipient waiting_for(smtp::RcptTo to) {
  QueuedRecipient r;
  r.to = std::move(to);
  return r;
}

SrsMac srs_mac(const crypto::Keyring& keyring) {
  return [&keyring](std::string_view text) { return keyring.pseudonym("srs", text); };
}

// The path of a message that an alias sends on: one of ours, or its bounces and its SPF would fail (attacks.md C14).
Result<mail::Address> onward_path(const store::Store& store, const crypto::Keyring& keyring, const mail::Address& from, const mail::Address& alias, WallTime now) {
  if (from.empty()) return from;
  TRY_ASSIGN(const auto route, store.route(from.text()));
  if (route.kind != store::Route::Kind::not_local) return from;
  return srs_forward(from, alias.domain, srs_mac(keyring), now).value_or(from);
}

}  // namespace

QueueId new_queue_id() { return QueueId{crypto::random_number()}; }

Task<Result<Handover>> Handover::make(store::Store& store, crypto::Keyring& keyring, const Options& options, Letter letter) {
  Handover out;
  out.received_ = store.clock().now();
  out.submission_ = letter.submission;
  Entry entry;
  std::optional<mail::Address> through;  // the first alias that sends it on
  std::string forwarded_by;  // the aliases that send it on; not told when others get it too, who may know nothing of them
  bool direct = false;
  for (auto& to : letter.recipients) {
    if (auto original = returned_to(keyring, to.recipient, letter.from.reverse_path, out.received_)) to.recipient = std::move(*original);
    auto route = store.route(to.recipient.text());
    if (!route) co_return fail(route.error());
    if (route->kind == store::Route::Kind::unknown_user)
      co_return fail(Errc::not_found, "there is no mailbox " + to.recipient.text() + " any more");
    if (route->kind == store::Route::Kind::not_local) {
      direct = true;
      add_once(entry.recipients, waiting_for(std::move(to)));
      continue;
    }
    (route->accounts.empty() ? out.passed_on_ : out.here_).push_back(to.recipient.text());
    for (const auto account : route->accounts) add_once(out.accounts_, account);
    if (letter.suspect && !route->accounts.empty()) route->forwards.clear();  // its copy in Junk is enough
    if (!route->forwards.empty()) {
      forwarded_by += delivered_to_field(to.recipient);
      if (!through) through = to.recipient;
    }
    for (const auto& forward : route->forwards) {
      auto address = mail::parse_address(forward);
      if (!address) co_return fail(address.error());
      smtp::RcptTo onward = to;
      onward.recipient = std::move(*address);
      add_once(entry.recipients, waiting_for(std::move(onward)));
    }
    if (to.notify.success && !route->accounts.empty()) {
      auto r = waiting_for(std::move(to));
      r.state = RecipientState::delivered;
      out.delivered_.push_back(std::move(r));
    }
  }
  out.junk_ = letter.junk;
  for (const auto account : out.accounts_) {
    auto target = target_of(store, account, letter.junk);
    if (!target) co_return fail(target.error());
    out.inboxes_.push_back(*target);
  }
  if (letter.answerable && !letter.junk) {
    // No letter waits because somebody who is away cannot be answered for: then it goes unanswered.
    auto replies = auto_replies(store, keyring, options, letter.from, out.accounts_, letter.message);
    out.unanswered_ = std::move(replies.failed);
    for (auto& one : replies.made) {
      auto answer = co_await make_answer(store, keyring, options, std::move(one));
      if (answer) out.answers_.push_back(std::move(*answer));
      else out.unanswered_.push_back(std::move(answer.error()));
    }
  }
  if (!out.accounts_.empty()) {
    auto made = co_await made_ready(store, &store::Store::prepare, return_path_field(letter.from.reverse_path) + letter.message, letter.evidence);
    if (!made) co_return fail(made.error());
    out.local_ = std::move(*made);
  }
  if (!entry.recipients.empty()) {
    if (!direct) letter.message.insert(0, forwarded_by);
    if (!direct && through && options.srs) {
      auto path = onward_path(store, keyring, letter.from.reverse_path, *through, out.received_);
      if (!path) co_return fail(path.error());
      letter.from.reverse_path = std::move(*path);
    }
    if (letter.suspect) {
      entry.held = true;
      entry.held_because = "it fails the DMARC policy of its author, and an alias would send it on; others have it in Junk";
    }
    entry.size = letter.message.size();
    const std::string no_evidence;  // it rests in the queue's entry
    auto made = co_await made_ready(store, &store::Store::seal, std::move(letter.message), no_evidence);
    if (!made) co_return fail(made.error());
    out.outgoing_ = std::move(*made);
    auto wrapped = keyring.wrap_queue(out.outgoing_->data_key);
    if (!wrapped) co_return fail(wrapped.error());
    entry.id = letter.id;
    entry.submission = letter.submission;
    entry.from = std::move(letter.from);
    entry.login = std::move(letter.login);
    entry.evidence = std::move(letter.evidence);
    entry.arrived = entry.due = out.received_;
    count_time(entry, out.received_, store.clock().steady());
    entry.expires = out.received_ + std::chrono::duration_cast<std::chrono::milliseconds>(options.expire_after);
    entry.blob = out.outgoing_->blob;
    entry.wrapped_key = std::move(*wrapped);
    out.entry_ = std::move(entry);
  }
  co_return out;
}

std::optional<mail::Address> returned_to(const crypto::Keyring& keyring, const mail::Address& to, const mail::Address& reverse_path, WallTime now) {
  if (!reverse_path.empty() || !is_srs(to)) return std::nullopt;
  auto original = srs_reverse(to, srs_mac(keyring), now);
  if (!original) return std::nullopt;
  return std::move(*original);
}

// rfc:3834#3.3, rfc:5321#4.5.5: with a null reverse-path, so that nothing comes of it but the letter itself.
Task<Result<Handover::Answer>> Handover::make_answer(store::Store& store, crypto::Keyring& keyring, const Options& options, AutoReply reply) {
  Letter letter;
  letter.id = new_queue_id();
  letter.message = std::move(reply.message);
  letter.from.body = smtp::Body::eight_bit_mime;
  letter.from.smtputf8 = !is_ascii(reply.to.text());
  smtp::RcptTo to;
  to.recipient = reply.to;
  to.notify.given = to.notify.never = true;
  letter.recipients.push_back(std::move(to));
  auto made = co_await make(store, keyring, options, std::move(letter));
  if (!made) co_return fail(made.error());
  co_return Answer{std::move(reply), std::make_shared<const Handover>(std::move(*made))};
}

Status Handover::write(const store::Store& store, store::Transaction& tx) const {
  // Each mailbox takes a few KiB of rows (summary, evidence), and all of them are one commit.
  if (accounts_.size() > many_accounts) tx.allow_large();
  // Whom it is to alone is refused what does not fit; a refusal of one of many would be one of all.
  const auto quota = accounts_.size() > 1 || entry_ ? store::Quota::once_over : store::Quota::strict;
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    std::optional<MailboxId> quiet;
    if (!junk_) {
      TRY_ASSIGN(quiet, store::place_if_muted(tx, accounts_[i], *local_));
    }
    const std::array<std::string, 1> flags{std::string(store::muted_keyword)};
    const auto added = store.append(tx, accounts_[i], quiet.value_or(inboxes_[i]), *local_, std::span(flags).first(quiet ? 1 : 0), received_, quota);
    if (!added) return fail(added.error());
  }
  if (entry_) {
    TRY(store.put_blob(tx, *outgoing_));
    TRY(store.add_blob_reference(tx, entry_->blob, reference_of(entry_->id)));
    put_new(tx, *entry_);
  }
  for (const auto& [reply, letter] : answers_) {
    TRY_ASSIGN(const bool goes, take_turn(tx, reply, received_));
    if (goes) TRY(letter->write(store, tx));
  }
  if (submission_.there()) return note_delivered(store, tx, submission_, here_, passed_on_);
  return {};
}

void Handover::belongs_to(const SubmissionLink& link) {
  submission_ = link;
  if (entry_) entry_->submission = link;
}

std::vector<Due> Handover::committed(store::Store& store, Log& log) const {
  store.committed(accounts_);
  for (const auto& one : unanswered_) log.warn("vacation.not_answered", {{"why", one.text()}});
  std::vector<Due> out;
  if (entry_) out.push_back(Due{entry_->due, entry_->id});
  // Those that did not go after all are not in the queue, which its sender will see.
  for (const auto& [reply, letter] : answers_) std::ranges::move(letter->committed(store, log), std::back_inserter(out));
  return out;
}

}  // namespace posthorn::post
