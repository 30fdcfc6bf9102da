// store/types.h - the values the store speaks in. Plain data, no I/O. The model: docs/architecture.md, "The store".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/flags.h"

namespace posthorn::store {

// RFC 6154 and RFC 8621 roles; the first mailboxes of a new account have all but none, all and important.
enum class Role : std::uint8_t { none, inbox, archive, drafts, junk, sent, trash, all, flagged, important };

struct Counts {
  std::uint32_t total = 0, unseen = 0, deleted = 0;
  std::uint64_t bytes = 0;
};

struct Mailbox {
  MailboxId id{};
  std::string name;  // UTF-8 (NFC), hierarchy by '/'; the inbox is "INBOX"
  Role role = Role::none;
  bool subscribed = true;
  UidValidity uidvalidity{};
  Uid uidnext{};
  ModSeq highestmodseq{};
  Counts counts;
};

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

// What one commit changed in one account. An empty list of a kind means nothing of that kind changed.
struct Change {
  ModSeq modseq{};
  struct Member { MailboxId mailbox{}; Uid uid{}; EmailId email{}; };
  std::vector<Member> added, flagged, expunged;
  std::vector<MailboxId> mailboxes;  // created, renamed, destroyed, subscribed
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

struct AppPassword { std::string label; WallTime created{}; };

}  // namespace posthorn::store
