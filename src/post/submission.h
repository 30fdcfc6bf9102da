// post/submission.h - what is kept of one submission made by JMAP (RFC 8621 7): the envelope, when it goes, and what became of each
// recipient, brought up to date in the very commits that change it. A JMAP object of the sender's account; pure values and their stored
// form, and the update inside a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "post/queue/entry.h"
#include "store/store.h"

namespace posthorn::post {

// pending: it waits and may be taken back. final: it is on its way.
enum class Undo : std::uint8_t { pending, final, canceled };
enum class Delivered : std::uint8_t { queued, yes, no, unknown };

struct SubmittedRecipient {
  std::string address;              // as in the envelope, normalised
  Delivered delivered = Delivered::queued;
  std::string reply;                // "250 2.1.5 ..."
  std::vector<Tried> tried;         // attempts to hand it to another server, oldest first
};

struct SubmissionRecord {
  std::string identity;             // its id
  EmailId email{};
  ThreadId thread{};
  std::string envelope;             // JSON, as the client is told
  WallTime send_at{};
  Undo undo = Undo::final;
  QueueId queue{};
  std::vector<SubmittedRecipient> recipients;
  // Of one that waits: the letter, ready and signed. Its blob is held by reference_of().
  BlobId blob{};
  std::string wrapped_key;          // Keyring::wrap_queue
  std::string login, evidence;
  smtp::MailFrom from;
  std::vector<smtp::RcptTo> to;
};

std::string encode(const SubmissionRecord& record);
Result<SubmissionRecord> decode_submission(std::string_view bytes);
std::string reference_of(AccountId account, ObjectId submission);

// Which submissions an Email has, by rows that are written with them (Space::object_index). Stores of before had none: until index_old_submissions()
// has been through an account, it is not known of it.
// Inside the transaction that made it, or lets it go.
Status index_submission(store::Transaction& tx, AccountId account, EmailId email, ObjectId submission);
void unindex_submission(store::Transaction& tx, AccountId account, EmailId email, ObjectId submission);
// Oldest first. Nothing: it is not known yet, and all have to be read.
Result<std::optional<std::vector<ObjectId>>> submissions_of(const store::Reader& reader, AccountId account, EmailId email);
// Of all accounts, in small transactions.
Task<Status> index_old_submissions(store::Store& store);

// Inside a transaction: what `recipients` of the queue say, and their attempts, go into the submission, if it is still there.
Status note_recipients(const store::Store& store, store::Transaction& tx, const SubmissionLink& link, std::span<const QueuedRecipient> recipients, std::span<const Tried> tried);
// The same for those that are in a mailbox here, or were passed on by an alias.
Status note_delivered(const store::Store& store, store::Transaction& tx, const SubmissionLink& link, std::span<const std::string> here, std::span<const std::string> passed_on);

}  // namespace posthorn::post
