// store/types.h - the values the store speaks in. Plain data, no I/O. The model: docs/architecture.md, "The store".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/flags.h"

namespace posthorn::store {

// RFC 6154 and RFC 8621 roles, and where Emails sleep; the first mailboxes of a new account have those from inbox to trash.
enum class Role : std::uint8_t { none, inbox, archive, drafts, junk, sent, trash, all, flagged, important, snoozed };

struct Counts {
  std::uint32_t total = 0, unseen = 0, deleted = 0;
  std::uint64_t bytes = 0;
};

struct Mailbox {
  MailboxId id{};
  std::string name;  // UTF-8 (NFC), hierarchy by '/'; the inbox is "INBOX"
  Role role = Role::none;
  bool subscribed = true;
  std::uint32_t sort_order = 0;  // RFC 8621 2
  UidValidity uidvalidity{};
  Uid uidnext{};
  ModSeq highestmodseq{};
  Counts counts;
};

// The data types of JMAP that live in an account. Each has a state: the modseq of its last change. New ones are added at the end.
enum class DataType : std::uint8_t { mailbox, thread, email, delivery, identity, submission, vacation, sieve_script, address_book, contact, upload, web_session };
inline constexpr std::size_t data_type_count = 12;
using States = std::array<ModSeq, data_type_count>;

// A membership: one Email in one mailbox (IMAP's message). Sorted by uid.
struct Member {
  Uid uid{};
  EmailId email{};
  ModSeq modseq{};
  Flags flags;
  WallTime saved{};  // RFC 8514 SAVEDATE
};

// An Email (RFC 8621): stored once an account.
struct Email {
  EmailId id{};
  ThreadId thread{};
  BlobId blob{};
  std::uint64_t size = 0;
  WallTime received{};  // INTERNALDATE
  ModSeq created{}, changed{};
  std::vector<std::pair<MailboxId, Uid>> members;
};

// An Email as JMAP shows it: without the memberships that IMAP marked \Deleted (RFC 8621 4.1.1). One that has no others is not shown.
struct ShownEmail {
  Email email;
  std::vector<MailboxId> mailboxes;  // each once, in order
  Flags keywords;                    // those of all memberships; \Seen only if all have it
};

// What one commit changed in one account. An empty list of a kind means nothing of that kind changed. It says what was before, so
// that a reader can tell what somebody knew who read up to here.
struct Change {
  ModSeq modseq{};
  enum class How : std::uint8_t { created, changed, destroyed };
  struct Member {
    MailboxId mailbox{};
    Uid uid{};
    EmailId email{};
    bool was_deleted = false;  // of flagged and expunged: it had \Deleted before
    ThreadId thread{};         // of expunged
  };
  struct Box {
    MailboxId id{};
    How how = How::changed;  // renamed, subscribed...
  };
  struct Object {
    DataType type{};
    ObjectId id{};
    How how = How::changed;
  };
  std::vector<Member> added, flagged, expunged;
  std::vector<Box> mailboxes;
  std::vector<Object> objects;
};

// Until when an Email sleeps, and where it goes then (store/snooze.h). No time: it does no longer.
struct Snooze {
  std::optional<WallTime> until;
  MailboxId to{1};
};

// What to change of an Email in all its memberships at once, as JMAP does. Flags as IMAP writes them.
struct EmailPatch {
  EmailId email{};
  std::optional<std::vector<MailboxId>> mailboxes;           // all it is to be in; or
  std::vector<std::pair<MailboxId, bool>> mailbox_changes;   // those to add and remove
  std::optional<std::vector<std::string>> keywords;          // all it is to have; or
  std::vector<std::pair<std::string, bool>> keyword_changes;
  std::optional<Snooze> snooze;
};

// What became of each, and the commits that did it.
struct EmailsChanged {
  std::vector<Status> each;
  std::vector<ModSeq> commits;
};

struct CreatedEmail {
  EmailId email{};
  ThreadId thread{};
  std::uint64_t size = 0;
  ModSeq modseq{};
};

struct MailboxPatch {
  std::optional<std::string> name;  // the whole path
  std::optional<Role> role;
  std::optional<std::uint32_t> sort_order;
  std::optional<bool> subscribed;
};

// A JMAP object that is no mail; `value` is its owner's.
struct Object {
  ObjectId id{};
  ModSeq created{}, changed{};
  std::string value;
};

struct ObjectWrite {
  DataType type{};
  ObjectId id{};                     // 0: a new one
  std::optional<std::string> value;  // nothing: it goes
};

enum class FlagChange : std::uint8_t { set, add, remove };

struct FlagRequest {
  FlagChange change = FlagChange::set;
  std::vector<std::string> flags;                // "\Seen", "$Forwarded", ... as IMAP writes them
  std::optional<ModSeq> unchanged_since;         // RFC 7162 3.1.3
};

struct FlagResult {
  std::vector<Member> changed;    // new rows, also of those whose flags were already so
  std::vector<Uid> modified;      // refused by unchanged_since
  ModSeq modseq{};
};

struct CopyResult {
  UidValidity uidvalidity{};               // of the target
  std::vector<std::pair<Uid, Uid>> uids;   // source, target; in source order
};

struct Appended {
  UidValidity uidvalidity{};
  Uid uid{};
  EmailId email{};
};

struct AccountInfo {
  AccountId id{};
  std::string name;            // login name and primary address
  std::string display_name;
  bool enabled = true;
  std::uint64_t quota_bytes = 0;  // 0: no limit
  std::uint64_t used_bytes = 0;
  std::uint64_t emails = 0;
};

// Bytes that a client sent ahead of the Email that will use them (RFC 8620 6.1).
struct Upload {
  std::string bytes;
  std::string type;
};

struct AppPassword {
  std::string label;
  WallTime created{};
  std::optional<WallTime> used;  // to the hour
};

}  // namespace posthorn::store
