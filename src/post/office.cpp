#include "post/office.h"

#include <algorithm>

#include "base/text.h"
#include "post/countries.h"
#include "post/dsn.h"
#include "post/trace.h"

namespace posthorn::post {
namespace {

using smtp::Reply;

mail::Date date_of(WallTime time) {
  return mail::Date{std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(), 0};
}

Reply reply_for(const Error& error) {
  switch (error.code) {
    case Errc::over_quota: return {452, "4.2.2", "A recipient's mailbox is full, please try again later", error.what};
    case Errc::too_big: return {552, "5.5.3", "The message is too large for all its recipients at once; send it to fewer at a time", error.what};
    case Errc::not_found: return {451, "4.3.0", "A recipient went away while the message came in, please try again", error.what};
    default: return {451, "4.3.0", "The message could not be stored safely, please try again later", error.what};
  }
}

// faults.md 4
Reply disk_full(std::string detail) { return {452, "4.3.1", "This server has no room for more mail now, please try again later", "the disk is full: " + std::move(detail)}; }

std::string joined(const std::vector<smtp::RcptTo>& recipients) {
  std::string out;
  for (const auto& to : recipients) {
    out += (out.empty() ? "" : " ") + to.recipient.text();
    if (out.size() > 900) return out + " ...";
  }
  return out;
}

bool is_suspect(const Verdict& verdict) { return verdict.judgement && verdict.judgement->disposition == trust::Disposition::quarantine; }

}  // namespace

Task<Reply> Office::connected(const smtp::Peer&) { co_return Reply{220, "", options_.host_name + " ESMTP Posthorn", {}}; }

bool Office::reserve(std::uint64_t bytes) {
  if (bytes > options_.receive_budget) return false;  // and the sum below cannot wrap
  if (under_way_.fetch_add(bytes) + bytes <= options_.receive_budget) return true;
  under_way_.fetch_sub(bytes);
  return false;
}

void Office::release(std::uint64_t bytes) { under_way_.fetch_sub(bytes); }

bool Office::may_send_as(const smtp::Peer& peer, const mail::Address& address) const {
  if (!peer.account) return false;
  if (std::ranges::find(options_.senders_for_any, peer.login) != options_.senders_for_any.end()) return true;
  const auto owned = store_.owns(*peer.account, address.text());
  return owned && *owned;
}

bool Office::has_room(std::uint64_t octets) const { return !room_ || room_() >= octets; }

Task<Reply> Office::mail(const smtp::Peer& peer, const smtp::MailFrom& from) {
  if (peer.submission && !from.reverse_path.empty() && !may_send_as(peer, from.reverse_path))
    co_return Reply{553, "5.7.1", from.reverse_path.text() + " is not an address of " + peer.login + "; send from your own address or have the administrator add an alias",
                    "sender not owned"};
  // Twice, because the log and the table both hold it for a while; the reserve is not counted as room.
  if (!has_room(2 * from.size)) co_return disk_full("before the text");
  co_return Reply{250, "2.1.0", "Sender ok", {}};
}

Reply Office::check_recipient(const smtp::Peer& peer, const smtp::MailFrom& from, const smtp::RcptTo& to) const {
  const auto route = store_.route(to.recipient.text());
  if (!route) return {451, "4.3.0", "Cannot look up the recipient now, please try again later", route.error().what};
  switch (route->kind) {
    case store::Route::Kind::unknown_user:
      if (returned_to(keyring_, to.recipient, from.reverse_path, store_.clock().now())) return {250, "2.1.5", "Recipient ok", {}};
      // attacks.md A15: the same work as for one who is there, so that the time of the answer tells nothing.
      static_cast<void>(store_.has_room(decoy_.load(std::memory_order_relaxed), from.size));
      return {550, "5.1.1", "There is no mailbox " + to.recipient.text() + " here", "unknown recipient"};
    case store::Route::Kind::not_local:
      if (!peer.account || !peer.submission)
        return {550, "5.7.1", "This server does not relay mail for " + to.recipient.domain, "relay refused"};
      if (to.recipient.domain.starts_with('['))
        return {550, "5.1.2", "Mail to an address literal is not sent from here; use a domain name", "address literal"};
      return {250, "2.1.5", "Recipient ok", {}};
    case store::Route::Kind::local: break;
  }
  // rfc:5321#3.3 what is known to fail is refused now, for this recipient only, and never bounced (attacks.md A13).
  for (const auto account : route->accounts) {
    if (decoy_.load(std::memory_order_relaxed) != account) decoy_.store(account, std::memory_order_relaxed);
    const auto room = store_.has_room(account, from.size);
    if (!room) return {451, "4.3.0", "Cannot look up the mailbox now, please try again later", room.error().what};
    if (!*room)
      return {552, "5.2.2", "The mailbox of " + to.recipient.text() + " is full", "over quota"};
  }
  return {250, "2.1.5", "Recipient ok", {}};
}

// rfc:5321#4.5.1 "postmaster" without a domain is the one of the first of our domains that has one.
smtp::RcptTo Office::addressed(smtp::RcptTo to) const {
  if (!to.recipient.domain.empty()) return to;
  const auto domains = store_.domains();
  if (!domains || domains->empty()) return to;
  for (const auto& domain : *domains) {
    to.recipient.domain = domain;
    const auto route = store_.route(to.recipient.text());
    if (route && route->kind == store::Route::Kind::local) return to;
  }
  to.recipient.domain = domains->front();
  return to;
}

Task<Reply> Office::rcpt(const smtp::Peer& peer, const smtp::MailFrom& from, const smtp::RcptTo& to) {
  co_return check_recipient(peer, from, addressed(to));
}

std::optional<Reply> Office::refuse_authors(const smtp::Peer& peer, std::string_view message) const {
  if (std::ranges::find(options_.senders_for_any, peer.login) != options_.senders_for_any.end()) return std::nullopt;
  const auto all = authors(message);
  if (!all && all.error().code == Errc::refused) return Reply{553, "5.7.1", "The message cannot be sent: " + all.error().what, "bad From"};
  if (!all) return Reply{550, "5.6.0", "The message cannot be sent: " + all.error().what, "bad From"};
  for (const auto& author : *all)
    if (!may_send_as(peer, author))
      return Reply{553, "5.7.1", "The From or Sender address " + author.text() + " is not an address of " + peer.login, "author not owned"};
  return std::nullopt;
}

// What our people send is signed for the domain of its author, where that is ours and has keys (RFC 6376, aligned by RFC 9989).
Result<std::string> Office::sign(std::string_view message) const {
  const auto all = authors(message);
  if (!all) return std::string();  // gateways may send what has no author that can be read
  const auto& author = all->front();
  TRY_ASSIGN(const auto route, store_.route(author.text()));
  if (route.kind == store::Route::Kind::not_local) return std::string();
  return signatures(signing_keys_, author.domain, message, store_.clock().now());
}

Task<Result<std::vector<QueuedRecipient>>> Office::commit(Letter letter) {
  auto handover = co_await Handover::make(store_, keyring_, options_, std::move(letter));
  if (!handover) co_return fail(handover.error());
  const auto& ready = *handover;
  const auto& store = store_;
  store::Work work = [&ready, &store](store::Transaction& tx) { return ready.write(store, tx); };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  for (const auto due : ready.committed(store_, log_)) sender_.wake(due);
  co_return ready.delivered_to();
}

// attacks.md A13: a notice goes only where the message came from for sure, or anybody could have us write to a third person. Our own
// people are; of others SPF proves the reverse-path, or a good DKIM signature of its domain or one above.
bool proved_sender(const smtp::Peer& peer, const smtp::MailFrom& from, const Verdict& verdict) {
  if (peer.account) return true;
  if (!verdict.judgement) return false;
  if (verdict.judgement->spf.result == trust::spf::Result::pass) return true;
  const auto& domain = from.reverse_path.domain;
  return std::ranges::any_of(verdict.judgement->dkim, [&domain](const trust::dkim::Signature& one) {
    return one.result == trust::dkim::Result::pass && (equal_icase(one.domain, domain) || to_lower(domain).ends_with("." + to_lower(one.domain)));
  });
}

// rfc:3461#5.2.2: who asked to be told of success and has it in a mailbox is told so, never a null reverse-path.
Task<void> Office::confirm(const smtp::MailFrom& from, QueueId id, std::vector<QueuedRecipient> delivered, std::string_view message) {
  if (delivered.empty() || from.reverse_path.empty()) co_return;
  Entry entry;
  entry.id = id;
  entry.from = from;
  entry.arrived = store_.clock().now();
  entry.recipients = std::move(delivered);
  std::vector<DsnRecipient> told;
  for (const auto& r : entry.recipients) told.push_back(DsnRecipient{&r, DsnAction::delivered});
  auto letter = dsn_letter(entry, told, message, options_.host_name, entry.arrived);
  if (!letter) co_return;
  auto done = co_await commit(std::move(*letter));
  if (!done) log_.warn("dsn.not_stored", {{"id", text_of(id)}, {"why", done.error().what}});
}

Arrival Office::arrival_of(const smtp::Peer& peer, const smtp::Transaction& transaction, std::string id, WallTime now) const {
  Arrival out;
  out.peer = peer;
  out.from = transaction.from;
  out.recipients = transaction.recipients.size();
  out.id = std::move(id);
  out.host_name = options_.host_name;
  if (countries_ != nullptr) out.country = countries_->of(peer.client.address);
  out.now = now;
  return out;
}

// Mail of other servers is judged as it came, for what it signs is what it says; then fields that pretend to be ours go (attacks.md C2).
Task<Verdict> Office::judge(const smtp::Peer& peer, smtp::Transaction& transaction, std::string id, WallTime now) {
  if (resolver_ == nullptr || !options_.check_incoming || peer.submission) co_return Verdict{};
  const auto arrival = arrival_of(peer, transaction, std::move(id), now);
  auto verdict = co_await judge_arrival(*resolver_, store_.clock(), options_, arrival, transaction.message, transaction.recipients, replays_);
  transaction.message = trust::without_forged_results(transaction.message, options_.host_name);
  log_.info("message.judged", {{"id", arrival.id}, {"from", arrival.from.reverse_path.text()}, {"client", peer.client.address}, {"spf", verdict.spf}, {"dmarc", verdict.dmarc},
                               {"done", verdict.refusal ? "refused" : verdict.junk ? "junk" : "inbox"}, {"why", verdict.reason}});
  co_return verdict;
}

Task<void> Office::tell_watcher(const Verdict& verdict, const smtp::Transaction& transaction) {
  if (watcher_ == nullptr || !verdict.judgement) co_return;
  const Arrived one{*verdict.judgement, verdict.facts, transaction.recipients, transaction.message, verdict.refusal.has_value()};
  co_await watcher_->arrived(one);
}

Task<Status> Office::post_own(Letter letter) {
  auto signed_by = sign(letter.message);
  if (!signed_by) co_return fail(signed_by.error());
  letter.message = *signed_by + letter.message;
  letter.id = new_queue_id();
  auto done = co_await commit(std::move(letter));
  if (!done) co_return fail(done.error());
  co_return Status{};
}

Task<std::expected<Letter, Office::Refusal>> Office::prepare_submission(const smtp::Peer& peer, smtp::Transaction transaction) {
  using Why = Refusal::Why;
  const auto id = new_queue_id();
  const std::string id_text = text_of(id);
  const auto now = store_.clock().now();
  const auto refuse = [](Why why, Reply reply, std::string recipient = {}) { return std::unexpected(Refusal{why, std::move(reply), std::move(recipient)}); };
  auto sender = co_await mail(peer, transaction.from);
  if (!sender.positive()) co_return refuse(Why::mail_from, std::move(sender));
  transaction.from.size = transaction.message.size();
  for (auto& to : transaction.recipients) {
    to = addressed(std::move(to));
    auto reply = check_recipient(peer, transaction.from, to);
    if (!reply.positive()) co_return refuse(reply.transient() ? Why::later : Why::recipient, std::move(reply), to.recipient.text());
  }
  if (received_count(transaction.message) > options_.received_limit) co_return refuse(Why::message, Reply{554, "5.4.6", "The message has been passed on too often: it is going in circles", "mail loop"});
  if (auto refused = refuse_authors(peer, transaction.message)) {
    const auto why = refused->enhanced == "5.7.1" ? Why::author : Why::message;  // before the reply is moved away
    co_return refuse(why, std::move(*refused));
  }
  auto completed = complete_submission(transaction.message, options_.host_name, id_text, date_of(now));
  transaction.message = completed.added + completed.message;
  auto signed_by = sign(transaction.message);
  if (!signed_by) {
    log_.error("message.not_signed", {{"id", id_text}, {"why", signed_by.error().what}});
    co_return refuse(Why::later, Reply{451, "4.7.5", "The message could not be signed, please try again later", signed_by.error().what});
  }
  Letter letter;
  letter.id = id;
  letter.login = peer.login;
  letter.evidence = submission_evidence(arrival_of(peer, transaction, id_text, now), *signed_by, transaction.message.size());
  const std::string named = transaction.recipients.size() == 1 ? transaction.recipients[0].recipient.text() : std::string();
  letter.message = *signed_by + received_field(peer, options_.host_name, id_text, named, transaction.from.smtputf8, date_of(now)) + transaction.message;
  letter.from = transaction.from;
  letter.answerable = true;
  letter.recipients = std::move(transaction.recipients);
  log_.info("message.handed_in", {{"id", id_text}, {"from", letter.from.reverse_path.text()}, {"to", joined(letter.recipients)}, {"size", std::to_string(letter.message.size())}, {"login", peer.login}});
  co_return letter;
}

// attacks.md C14: what fails the policy of its author's domain is not carried to others under our name. Who has a mailbox here finds
// it in Junk; where nobody has, its sender is told.
std::optional<Reply> Office::refuse_to_forward(const smtp::Transaction& transaction, const Verdict& verdict) const {
  if (!is_suspect(verdict)) return std::nullopt;
  for (const auto& to : transaction.recipients) {
    const auto route = store_.route(to.recipient.text());
    if (!route || route->forwards.empty() || !route->accounts.empty()) return std::nullopt;
  }
  return Reply{550, "5.7.1", transaction.recipients.front().recipient.text() + " sends its mail on to another server, and this message is not: " + printable(verdict.reason, 300), "not forwarded"};
}

// attacks.md A14: an alias that forwards does so once for each message.
const mail::Address* Office::forwarded_before(const smtp::Transaction& transaction) const {
  for (const auto& to : transaction.recipients) {
    const auto route = store_.route(to.recipient.text());
    if (route && !route->forwards.empty() && was_delivered_to(transaction.message, to.recipient)) return &to.recipient;
  }
  return nullptr;
}

Task<Reply> Office::message(const smtp::Peer& peer, smtp::Transaction transaction) {
  const auto id = new_queue_id();
  const std::string id_text = text_of(id);
  const auto now = store_.clock().now();
  for (auto& to : transaction.recipients) to = addressed(std::move(to));
  const auto header_end = transaction.message.find("\r\n\r\n");
  if (std::min(header_end, transaction.message.size()) > options_.header_limit && !transaction.message.starts_with("\r\n"))
    co_return Reply{552, "5.3.4", "The header of the message is larger than " + std::to_string(options_.header_limit >> 10) + " KiB", "header too large"};
  if (received_count(transaction.message) > options_.received_limit)
    co_return Reply{554, "5.4.6", "The message has been passed on too often: it is going in circles", "mail loop"};
  if (const auto* alias = forwarded_before(transaction))
    co_return Reply{554, "5.4.6", alias->text() + " has sent this message on before: it is going in circles", "mail loop"};

  Letter letter;
  letter.id = id;
  std::string added;
  if (peer.submission) {
    if (auto refused = refuse_authors(peer, transaction.message)) co_return std::move(*refused);
    auto completed = complete_submission(transaction.message, options_.host_name, id_text, date_of(now));
    added = std::move(completed.added);
    transaction.message = std::move(completed.message);
    letter.login = peer.login;
    transaction.message = added + transaction.message;
    added.clear();
    auto signed_by = sign(transaction.message);
    if (!signed_by) {
      // Unsigned mail would be taken for a forgery elsewhere: it waits with its sender until the key can be used.
      log_.error("message.not_signed", {{"id", id_text}, {"why", signed_by.error().what}});
      co_return Reply{451, "4.7.5", "The message could not be signed, please try again later", signed_by.error().what};
    }
    added = std::move(*signed_by);
    letter.evidence = submission_evidence(arrival_of(peer, transaction, id_text, now), added, transaction.message.size());
  }
  auto verdict = co_await judge(peer, transaction, id_text, now);
  if (verdict.refusal) {
    co_await tell_watcher(verdict, transaction);
    co_return std::move(*verdict.refusal);
  }
  if (auto refused = refuse_to_forward(transaction, verdict)) {
    co_await tell_watcher(verdict, transaction);
    co_return std::move(*refused);
  }
  letter.junk = verdict.junk;
  letter.suspect = is_suspect(verdict);
  letter.answerable = proved_sender(peer, transaction.from, verdict);
  if (!verdict.evidence.empty()) letter.evidence = std::move(verdict.evidence);
  const std::string named = transaction.recipients.size() == 1 ? transaction.recipients[0].recipient.text() : std::string();
  // rfc:6376#5.6 a signature is a trace field and stands above what was there when it was made, so also above our own Received.
  std::string head = verdict.fields + added + received_field(peer, options_.host_name, id_text, named, transaction.from.smtputf8, date_of(now));
  letter.message = std::move(head);
  letter.message += transaction.message;
  letter.from = transaction.from;
  letter.recipients = transaction.recipients;

  const auto size = transaction.message.size();
  const std::string header_block = letter.message.substr(0, letter.message.find("\r\n\r\n") + 2);
  auto done = co_await commit(std::move(letter));
  if (!done) {
    log_.error("message.not_stored", {{"id", id_text}, {"why", done.error().what}});
    co_return has_room(2 * size) ? reply_for(done.error()) : disk_full(done.error().what);
  }
  log_.info("message.accepted", {{"id", id_text},
                                 {"from", transaction.from.reverse_path.text()},
                                 {"to", joined(transaction.recipients)},
                                 {"size", std::to_string(size)},
                                 {"client", peer.client.address},
                                 {"login", peer.login},
                                 {"tls", peer.tls ? peer.tls->version : "none"}});
  co_await tell_watcher(verdict, transaction);
  if (proved_sender(peer, transaction.from, verdict)) co_await confirm(transaction.from, id, std::move(*done), header_block);
  co_return Reply{250, "2.0.0", "Accepted and safely stored as " + id_text, {}};
}

}  // namespace posthorn::post
