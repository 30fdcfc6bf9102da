// store/store.h - accounts, mailboxes and messages over an Engine: what the protocol servers and the post office call.
// Reading: synchronous on a consistent View, from any thread; bodies may touch a cold disk, so read those through Workers.
// Writing: coroutines that return when the commit is durable. Every write to an account bumps its one modseq, leaves one
// Change in its log, and then tells the Hub. Errors: not_found, exists, over_quota, conflict, limit (too_big), io, corrupt.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "base/workers.h"
#include "crypto/keyring.h"
#include "mail/summary.h"
#include "store/engine/engine.h"
#include "store/memo.h"
#include "store/types.h"

namespace posthorn::store {

struct AccountRecord;
class AccountWrite;

// Names of the flags in `flags` in IMAP's spelling, and back. The table only grows, at most 123 keywords an account.
class Keywords {
 public:
  std::vector<std::string> names;  // names[i] is bit first_keyword_bit + i
  std::vector<std::string> text(Flags flags) const;
  std::optional<unsigned> bit(std::string_view name) const;  // "\Seen" or keyword, without case
};

// A consistent view of one account, as of its construction.
class View {
 public:
  View(const crypto::Keyring& keyring, std::unique_ptr<Reader> reader, AccountId account);
  ModSeq modseq() const;
  Result<AccountInfo> account() const;
  Result<std::vector<Mailbox>> mailboxes() const;             // by name
  Result<std::optional<Mailbox>> mailbox(MailboxId id) const;
  Result<std::optional<Mailbox>> mailbox(std::string_view name) const;  // INBOX without case
  Result<std::vector<Member>> members(MailboxId mailbox, Uid first = Uid{1}, Uid last = Uid{0xffffffff}) const;
  Result<std::optional<Member>> member(MailboxId mailbox, Uid uid) const;
  Result<std::optional<Email>> email(EmailId id) const;
  // As JMAP shows it; nothing if there is none or it is not shown.
  Result<std::optional<ShownEmail>> shown(EmailId id) const;
  // In the order they came; empty if there is no such thread.
  Result<std::vector<EmailId>> thread(ThreadId id) const;
  Result<mail::Summary> summary(EmailId id) const;
  // The message's bytes as they came. Errc::corrupt if a chunk does not check.
  Result<std::string> message(EmailId id) const;
  // `length` of its bytes from `offset` on, or what there is of them: reads no more than the chunks that they are in.
  Result<std::string> message_range(EmailId id, std::uint64_t offset, std::uint64_t length) const;
  // The evidence record that came with it (JSON), if any.
  Result<std::optional<std::string>> evidence(EmailId id) const;
  Result<Keywords> keywords() const;
  // The modseq of the last change of each JMAP data type.
  States states() const;
  Result<std::vector<Object>> objects(DataType type) const;  // by id
  Result<std::optional<Object>> object(DataType type, ObjectId id) const;
  // Nothing: it was never there, or its time is over.
  Result<std::optional<Upload>> upload(ObjectId id) const;
  // Changes with modseq > since, oldest first; Errc::not_found if the log no longer reaches back that far.
  Result<std::vector<Change>> changes(ModSeq since) const;
  const Reader& reader() const { return *reader_; }
  AccountId account_id() const { return account_; }

 private:
  struct Opened {
    BlobId blob{};
    std::string data_key;
  };
  Result<Opened> open(EmailId id) const;

  const crypto::Keyring& keyring_;
  std::unique_ptr<Reader> reader_;
  AccountId account_;
};

// A message made ready for the store outside any transaction: parsed, compressed, sealed. Shared by all its recipients.
class Prepared {
 public:
  std::uint64_t size = 0;
  BlobId blob{};
  std::string data_key;              // 32 bytes; wrapped for each account
  std::vector<std::string> chunks;   // sealed
  std::string summary;               // encoded mail::Summary
  std::string message_id, base_subject;
  std::vector<std::string> references;
  std::string evidence;              // sealed; empty: none
};

// Tells sessions "look again" (design §4): carries no truth, may be lost or doubled.
class Hub {
 public:
  class Subscription {
   public:
    virtual ~Subscription() = default;  // unsubscribes
  };
  virtual ~Hub() = default;
  // `call` runs on `executor` some time after a commit to `account`; several commits may make one call.
  virtual std::unique_ptr<Subscription> subscribe(AccountId account, Executor executor, std::function<void()> call) = 0;
  virtual void notify(AccountId account) = 0;
};
std::unique_ptr<Hub> make_hub();

// Where mail for an address goes.
struct Route {
  enum class Kind : std::uint8_t { local, unknown_user, not_local } kind = Kind::not_local;
  std::vector<AccountId> accounts;      // local: deliver here, each once
  std::vector<std::string> forwards;    // local: and send on to these foreign addresses
  std::string detail;                   // of a plus-address: what stood after '+'
};

// strict: what would go over the quota is refused. once_over: it is taken while the account is not full yet. A letter whose size nobody
// announced was promised to its recipients before it came, and one mailbox that it fills must not keep it from the others.
enum class Quota : std::uint8_t { strict, once_over };

// How collect_garbage() goes about it while others want to commit.
struct GarbagePace {
  std::size_t rows = 5000;  // of one commit
  Duration rest{};          // after each commit, and after each hundred accounts
  const std::atomic<bool>* stop = nullptr;
};

class Store {
 public:
  Store(Engine& engine, crypto::Keyring& keyring, Clock& clock, Workers& workers, Hub& hub);

  // Transactions that were begun and are not on disk yet.
  std::size_t commits_waiting() const { return commits_waiting_->load(std::memory_order_relaxed); }
  // Waits for a transaction of any kind to be durable. The only way to write; all below are made of it.
  Task<Status> transact(Work work);
  std::unique_ptr<Reader> snapshot() const;
  // Engine::commits_to: for who remembers what was read from a space. Read before the snapshot.
  std::optional<std::uint64_t> commits_to(Space space) const;
  View view(AccountId account) const;
  Hub& hub();
  Clock& clock();
  Workers& workers();

  // -- messages. prepare() and seal() are CPU work: call them through workers() for messages over 64 KiB.
  Result<Prepared> prepare(std::string_view message) const;
  Result<Prepared> seal(std::string_view bytes) const;  // of what no mailbox lists: the queue's copy, an upload
  // Seals an evidence record (JSON) to go with the message: kept with every Email made of it, gone with it.
  void attach_evidence(Prepared& prepared, std::string_view evidence) const;
  // Writes the chunks of a message that is too large for one transaction ahead of it; nothing to do for the others. Must have
  // returned before a transaction takes the message (within the hour, else that says Errc::unavailable and it must be staged again).
  // What no transaction takes is garbage for collect_garbage().
  Task<Status> stage(std::shared_ptr<const Prepared> prepared);
  // The bytes of a blob by its id and data key: the queue reads its mail so.
  Result<std::string> blob(const Prepared& prepared) const;
  // Inside a transaction: the blob itself, once however many hold it; a hold on it by `owner`; letting go of that.
  Status put_blob(Transaction& tx, const Prepared& prepared) const;
  Status add_blob_reference(Transaction& tx, const BlobId& blob, std::string_view owner) const;
  Status remove_blob_reference(Transaction& tx, const BlobId& blob, std::string_view owner) const;
  // Inside a transaction: adds the message to a mailbox. Quota is checked here; errors roll back the transaction.
  Result<Appended> append(Transaction& tx, AccountId account, MailboxId mailbox, const Prepared& prepared,
                          std::span<const std::string> flags, WallTime received, Quota quota = Quota::strict) const;
  // Inside a transaction: the same into several mailboxes at once.
  Result<CreatedEmail> create_email(Transaction& tx, AccountId account, std::span<const MailboxId> mailboxes, const Prepared& prepared,
                                    std::span<const std::string> flags, WallTime received, Uid* first_uid = nullptr, Quota quota = Quota::strict) const;
  // Inside a transaction: JMAP objects that are no mail; returns their ids in order. not_found: one that is to change is gone.
  Result<std::vector<ObjectId>> write_objects(Transaction& tx, AccountId account, std::span<const ObjectWrite> writes) const;
  // To be called once after the commit of a transaction that touched these accounts.
  void committed(std::span<const AccountId> accounts);

  Task<Result<Appended>> append(AccountId account, MailboxId mailbox, std::shared_ptr<const Prepared> prepared,
                                std::vector<std::string> flags, WallTime received);
  Task<Result<FlagResult>> change_flags(AccountId account, MailboxId mailbox, std::vector<Uid> uids, FlagRequest request);
  Task<Result<CopyResult>> copy(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to);
  Task<Result<CopyResult>> move(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to);
  // Removes those of `uids` that are there (only_deleted: and have \Deleted). Returns what went.
  enum class Expunge : std::uint8_t { only_deleted, all };
  Task<Result<std::vector<Uid>>> expunge(AccountId account, MailboxId mailbox, std::vector<Uid> uids, Expunge which);

  // -- Emails as JMAP changes them: in all their memberships at once. Each is done whole or not at all; the outer error is the disk's.
  // Errors of one: not_found; invalid: no such mailbox, or none is left; too_big: keywords or memberships over their limit.
  Task<Result<CreatedEmail>> create_email(AccountId account, std::vector<MailboxId> mailboxes, std::shared_ptr<const Prepared> prepared,
                                          std::vector<std::string> flags, WallTime received);
  Task<Result<EmailsChanged>> change_emails(AccountId account, std::vector<EmailPatch> patches);
  Task<Result<EmailsChanged>> destroy_emails(AccountId account, std::vector<EmailId> emails);

  struct ObjectsWritten {
    std::vector<ObjectId> ids;
    ModSeq modseq{};
  };
  Task<Result<ObjectsWritten>> write_objects(AccountId account, std::vector<ObjectWrite> writes);

  // -- uploads, kept for a day. over_quota: the account keeps too much already.
  Task<Result<ObjectId>> keep_upload(AccountId account, std::shared_ptr<const Prepared> sealed, std::string type);

  // -- mailboxes. create() also makes missing parents; rename() takes the children along; RFC 9051 6.3.
  Task<Result<Mailbox>> create_mailbox(AccountId account, std::string name, Role role = Role::none);
  Task<Status> rename_mailbox(AccountId account, std::string from, std::string to);
  Task<Status> delete_mailbox(AccountId account, std::string name);
  // All of the patch in one commit; the modseq of it. Children keep their places below a new name. INBOX keeps its name and role.
  Task<Result<ModSeq>> change_mailbox(AccountId account, MailboxId mailbox, MailboxPatch patch);
  Task<Status> subscribe(AccountId account, std::string name, bool on);

  // -- domains, accounts, aliases. Names are canonical addresses (mail::parse_address). src/admin and the CLI call these.
  Task<Status> add_domain(std::string domain);
  Task<Status> remove_domain(std::string domain);  // refused while accounts or aliases remain
  Result<std::vector<std::string>> domains() const;
  Result<bool> has_domain(std::string_view domain) const;  // canonical
  Task<Result<AccountId>> add_account(std::string address, std::string password, std::string display_name = {}, std::uint64_t quota_bytes = 0);
  // Shreds its key first, in one commit with the name, then erases in batches; what a crash leaves, collect_garbage() takes.
  Task<Status> remove_account(std::string address);
  Task<Status> set_password(std::string address, std::string password);
  Task<Status> set_account(std::string address, std::optional<bool> enabled, std::optional<std::uint64_t> quota_bytes);
  Task<Result<std::string>> add_app_password(std::string address, std::string label);  // returns the password, shown once
  Task<Status> remove_app_password(std::string address, std::string label);
  Result<std::vector<AppPassword>> app_passwords(std::string_view address) const;
  Result<std::vector<AccountInfo>> accounts() const;
  Result<std::optional<AccountInfo>> account(std::string_view address) const;
  // `alias` is an address or "@domain" (catch-all); targets are local or foreign addresses.
  Task<Status> set_alias(std::string alias, std::vector<std::string> targets);  // no targets: removes
  Result<std::vector<std::pair<std::string, std::vector<std::string>>>> aliases() const;
  // Resolves aliases (depth 8, no loops), plus-addresses and catch-alls.
  Result<Route> route(std::string_view address) const;
  // Whether the account's quota leaves room for so many bytes more.
  Result<bool> has_room(AccountId account, std::uint64_t bytes) const;
  Result<bool> owns(AccountId account, std::string_view address) const;  // its name, or an alias that leads to it alone

  // Counts everything again and compares (posthorn verify; every test ends with it). Empty: all is well.
  Result<std::vector<std::string>> verify(std::function<void(std::uint64_t done, std::uint64_t total)> progress = {}) const;
  // Erases what was staged over an hour ago and never taken, the rest of large blobs and of removed accounts; trims logs to the last
  // 10,000 changes. Safe at any time. Looks for it on workers; what it erases goes in slices, with a rest after each.
  Task<Status> collect_garbage(GarbagePace pace = {});

 private:
  enum class Transfer : std::uint8_t { copy, move };
  Task<Result<CopyResult>> copy_batches(AccountId account, MailboxId from, std::vector<Uid> uids, MailboxId to, Transfer how);
  Task<void> undo_copy(AccountId account, MailboxId to, CopyResult made);
  Task<Result<EmailsChanged>> work_on_emails(AccountId account, std::size_t count, std::function<Status(AccountWrite&, std::size_t)> one);
  Task<Status> delete_members(AccountId account, MailboxId mailbox);
  Task<Status> erase_removed(AccountId account, Duration rest = {});
  Task<Status> collect_loose_chunks(GarbagePace pace);
  Task<Status> trim_log(AccountId account, GarbagePace pace);
  Task<Status> drop_old_uploads(AccountId account);
  Task<Status> move_inbox(AccountId account, std::string to);
  enum class Sessions : std::uint8_t { keep, end };
  Task<Status> change_account(std::string address, std::function<Status(AccountRecord&)> change, Sessions sessions = Sessions::keep);

  Engine& engine_;
  crypto::Keyring& keyring_;
  Clock& clock_;
  Workers& workers_;
  Hub& hub_;
  mutable Memo<Route> routes_;
  mutable Memo<std::uint64_t> quotas_;
  // Shared with the transactions under way, which the engine may end after the Store.
  std::shared_ptr<std::atomic<std::size_t>> commits_waiting_ = std::make_shared<std::atomic<std::size_t>>(0);
};

// Every account's INBOX has this id.
inline constexpr MailboxId inbox_id{1};

// A mailbox name as the store keeps it: "inbox" in any case, alone or as the parent of others, is "INBOX" (RFC 9051 5.1).
std::string canonical_mailbox_name(std::string_view name);
// A mailbox name that may be made: UTF-8 without controls, parts that are not empty, at most 1 KiB and 64 deep (attacks.md E7);
// "inbox" in any case is "INBOX".
Result<std::string> checked_mailbox_name(std::string_view name);

}  // namespace posthorn::store
