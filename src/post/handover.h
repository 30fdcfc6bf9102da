// post/handover.h - one message on its way into mailboxes and the queue, made ready outside and written inside a transaction.
// What the SMTP sessions accept and what the queue itself writes (DSNs) go through here, so that there is one way in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "crypto/keyring.h"
#include "post/auto_replies.h"
#include "post/options.h"
#include "post/queue/queue.h"
#include "store/store.h"

namespace posthorn::post {

struct Letter {
  smtp::MailFrom from;
  std::vector<smtp::RcptTo> recipients;  // as accepted; aliases are followed here
  std::string message;                   // with our trace fields, without Return-Path
  std::string login;                     // who submitted it; empty: nobody
  QueueId id{};
  bool junk = false;                     // into Junk, for recipients who have one
  bool suspect = false;                  // fails its author's policy: an alias does not send it on by itself (attacks.md C14)
  bool answerable = false;               // its reverse-path is proved: those who are away may answer (post/auto_replies)
  SubmissionLink submission;             // of JMAP, told what becomes of the recipients
  std::string evidence;                  // JSON, kept with each mailbox copy and in the queue; may be empty
};

class Handover {
 public:
  // Follows aliases, parses, compresses, seals (on the worker pool if it is much). Errors: not_found: a recipient is gone; io.
  static Task<Result<Handover>> make(store::Store& store, crypto::Keyring& keyring, const Options& options, Letter letter);

  // In the transaction. Errors: over_quota, not_found, io; then nothing of the transaction is kept.
  Status write(const store::Store& store, store::Transaction& tx) const;
  // After the commit: tells the mailboxes' sessions, and the log what kept those who are away from answering; returns what the sender of the
  // queue should look at.
  std::vector<Due> committed(store::Store& store, Log& log) const;

  // Before write(): the submission it is part of, where that gets its id in the same transaction.
  void belongs_to(const SubmissionLink& link);

  const std::vector<AccountId>& accounts() const { return accounts_; }
  const std::optional<Entry>& queued() const { return entry_; }
  // Recipients that are in a mailbox with this commit and asked to be told so (RFC 3461 NOTIFY=SUCCESS).
  const std::vector<QueuedRecipient>& delivered_to() const { return delivered_; }

 private:
  struct Answer {
    AutoReply reply;
    std::shared_ptr<const Handover> letter;
  };
  static Task<Result<Answer>> make_answer(store::Store& store, crypto::Keyring& keyring, const Options& options, AutoReply reply);

  std::vector<AccountId> accounts_;
  std::vector<MailboxId> inboxes_;
  bool junk_ = false;
  std::vector<Answer> answers_;
  std::vector<Error> unanswered_;  // why answers that may be due were not made
  std::shared_ptr<const store::Prepared> local_, outgoing_;
  std::optional<Entry> entry_;
  std::vector<QueuedRecipient> delivered_;
  SubmissionLink submission_;
  std::vector<std::string> here_, passed_on_;  // recipients of the envelope that are in a mailbox, or were passed on by an alias
  WallTime received_{};
};

QueueId new_queue_id();

// Whose notice this is, if `to` is an address that we sent a message on under (post/srs.h). Only the null reverse-path may use it.
std::optional<mail::Address> returned_to(const crypto::Keyring& keyring, const mail::Address& to, const mail::Address& reverse_path, WallTime now);

}  // namespace posthorn::post
