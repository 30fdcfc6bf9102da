// store/account_write.h - the writes of one transaction to one account: its clock, the counters, Emails and threads it touches and the
// Change it leaves. What many messages share is kept here and written back once by finish(), so that expunging a thread of thousands
// stays within the engine's budget. Inside the store only.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/engine/engine.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {

class AccountWrite {
 public:
  // Reads the account's clock and gives this transaction its modseq.
  static Result<AccountWrite> begin(Transaction& tx, AccountId account);

  Transaction& tx() { return tx_; }
  AccountId account() const { return account_; }
  ModSeq modseq() const { return clock_.modseq; }
  ClockRecord& clock() { return clock_; }
  Change& change() { return change_; }
  // The state of a type that the Change does not show.
  void touch(DataType type) { clock_.states[static_cast<std::size_t>(type)] = clock_.modseq; }

  Result<MailboxRecord> mailbox(MailboxId id) const;            // not_found
  Result<std::optional<MailboxId>> find_mailbox(std::string_view name) const;
  Result<CountersRecord*> counters(MailboxId id);                // not_found
  Result<EmailRecord> email(EmailId id) const;
  void put(EmailId id, EmailRecord record) { emails_[id] = std::move(record); }
  // Empty if there is none yet.
  Result<ThreadRecord> thread(ThreadId id) const;
  // The same to be changed in place. One without emails is erased by finish(), with its joins.
  Result<ThreadRecord*> change_thread(ThreadId id);

  // Membership rows with their counters and the Change; the Email's own list is the caller's.
  Result<Uid> add_member(MailboxId mailbox, EmailId email, std::uint64_t size, Flags flags, WallTime saved);
  Status set_flags(MailboxId mailbox, const Member& before, Flags flags);
  // Takes a membership away; the Email goes with its last one.
  Status remove_member(MailboxId mailbox, const Member& member);

  // Names of flags to bits; makes keywords that are new. too_big: more than 123 keywords in the account.
  Result<Flags> flags_of(std::span<const std::string> names);

  Status finish();

 private:
  AccountWrite(Transaction& tx, AccountId account, ClockRecord clock) : tx_(tx), account_(account), clock_(clock) {}
  Status remove_email(EmailId id, const EmailRecord& record);

  Transaction& tx_;
  AccountId account_;
  ClockRecord clock_;
  Change change_;
  std::map<MailboxId, CountersRecord> counters_;
  std::map<EmailId, EmailRecord> emails_;
  std::map<ThreadId, ThreadRecord> threads_;
};

// Erases a blob's header and its first chunks if nothing refers to it any more; what is left of a large one is marked for
// Store::collect_garbage().
Status erase_blob_if_unreferenced(Transaction& tx, const BlobId& blob);

// Chunks that have no header: staged at `since`, or what is left of an erased blob (since 0). The mark goes when the header comes.
void mark_loose(Transaction& tx, const BlobId& blob, WallTime since);

// -- threads (store/threads.cpp)
Result<ThreadId> join_thread(AccountWrite& write, EmailId email, std::string_view message_id, const std::vector<std::string>& references,
                             std::string_view base_subject);
// Which one it would be; nothing: a new one.
Result<std::optional<ThreadId>> thread_to_join(AccountWrite& write, std::string_view message_id, const std::vector<std::string>& references, std::string_view base_subject);
Status leave_thread(AccountWrite& write, ThreadId thread, EmailId email);

// The rows of a mailbox's memberships that are among `uids` (sorted or not), in the order of `uids`, each once.
Result<std::vector<Member>> find_members(const Reader& reader, AccountId account, MailboxId mailbox, std::span<const Uid> uids);

}  // namespace posthorn::store
