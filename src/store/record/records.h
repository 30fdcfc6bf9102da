// store/record/records.h - the stored values: a version byte, the fields, a checksum. Pure.
// decode() refuses what does not check or what it does not know; readers know versions n and n-1 (of most records there is only 1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/password.h"
#include "store/types.h"

namespace posthorn::store {

struct StoredAppPassword {
  std::string label;
  WallTime created{};
  std::string verifier;  // Argon2id
  crypto::ScramKeys scram{};  // under the account's salt; empty: made before app passwords had any, so it opens no SCRAM
};

// rfc:5802#5.1 tells salt and iterations before it is known which password will be shown: all passwords of an account share them, and
// another own password keeps them.
struct ScramRecord {
  std::uint32_t iterations = 0;
  std::string salt;
  crypto::ScramKeys keys;  // of the account's own password
};

// The second factor of an account: one-time codes by time (RFC 6238) and codes on paper for when the app is lost.
struct CodesRecord {
  std::string secret;                 // sealed by the Keyring; empty: no codes are asked for
  std::string pending;                // a secret that nobody has shown a code of yet
  std::uint64_t last_step = 0;        // rfc:6238#5.2: a code counts once, and none before it
  std::vector<std::string> recovery;  // HMACs of those that are left
};

// A public key that opens the webmail (WebAuthn).
struct PasskeyRecord {
  std::string label;
  WallTime created{}, used{};  // used: 0 if never
  std::string credential, key;  // key: an octet for its kind, then its octets (jmap/web/webauthn.h)
  std::uint32_t counter = 0;
};

struct AccountRecord {
  std::string name, display_name;
  bool enabled = true;
  std::uint64_t quota_bytes = 0;
  std::string key;        // Keyring::new_account_key
  std::string password;   // Argon2id
  ScramRecord scram;
  std::vector<StoredAppPassword> app_passwords;
  CodesRecord codes;
  std::vector<PasskeyRecord> passkeys;
};

// The hot row of an account: its clock and counters.
struct ClockRecord {
  ModSeq modseq{};
  std::uint64_t next_email = 1, next_thread = 1;
  std::uint32_t next_mailbox = 1, next_uidvalidity = 1;
  std::uint64_t bytes = 0, emails = 0;
  std::uint64_t next_object = 1;
  States states{};
};

struct MailboxRecord {
  std::string name;
  Role role = Role::none;
  bool subscribed = true;
  UidValidity uidvalidity{};
  std::uint32_t sort_order = 0;
};

struct CountersRecord {
  Uid uidnext{1};
  ModSeq highestmodseq{};
  Counts counts;
};

struct EmailRecord {
  ThreadId thread{};
  BlobId blob{};
  std::string wrapped_key;
  std::uint64_t size = 0;
  WallTime received{};
  ModSeq created{}, changed{};
  std::vector<std::pair<MailboxId, Uid>> members;
};

struct BlobRecord {
  std::uint64_t size = 0;
  std::uint32_t chunks = 0;
  WallTime stored{};
};

struct ThreadRecord {
  std::vector<EmailId> emails;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> joins;  // its rows in the space of thread joins
};

std::string encode(const AccountRecord& record);
std::string encode(const ClockRecord& record);
std::string encode(const MailboxRecord& record);
std::string encode(const CountersRecord& record);
std::string encode(const Member& record);  // without its uid, which is the key's
std::string encode(const EmailRecord& record);
std::string encode(const BlobRecord& record);
std::string encode(const ThreadRecord& record);
std::string encode(const Change& record);  // without its modseq, which is the key's
std::string encode(const Object& record);  // without its id, which is the key's
std::string encode_names(const std::vector<std::string>& names);  // keywords, alias targets
std::string encode_number(std::uint64_t value);

Result<AccountRecord> decode_account(std::string_view bytes);
Result<ClockRecord> decode_clock(std::string_view bytes);
Result<MailboxRecord> decode_mailbox(std::string_view bytes);
Result<CountersRecord> decode_counters(std::string_view bytes);
Result<Member> decode_member(std::string_view bytes, Uid uid);
Result<EmailRecord> decode_email(std::string_view bytes);
Result<BlobRecord> decode_blob(std::string_view bytes);
Result<ThreadRecord> decode_thread(std::string_view bytes);
Result<Change> decode_change(std::string_view bytes, ModSeq modseq);
Result<Object> decode_object(std::string_view bytes, ObjectId id);
Result<std::vector<std::string>> decode_names(std::string_view bytes);
Result<std::uint64_t> decode_number(std::string_view bytes);

}  // namespace posthorn::store
