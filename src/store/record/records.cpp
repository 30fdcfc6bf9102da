#include "store/record/records.h"

#include <algorithm>

#include "base/codec.h"
#include "crypto/bytes.h"

namespace posthorn::store {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t sum_size = 4;

std::uint32_t sum_of(std::string_view bytes) { return static_cast<std::uint32_t>(crypto::xxh3(bytes)); }

Encoder start() {
  Encoder out;
  out.u8(version);
  return out;
}
std::string finish(Encoder& out) {
  const auto sum = sum_of(out.bytes());
  return out.u32(sum).take();
}

std::unexpected<Error> bad(const char* kind, const char* why) {
  return fail(Errc::corrupt, std::string("a stored ") + kind + " does not check: " + why, "Run posthorn verify, and restore what it names from your backup");
}

// The fields between version and checksum, once both are good.
Result<Decoder> open(std::string_view bytes, const char* kind) {
  if (bytes.size() < 1 + sum_size) return bad(kind, "it is too short");
  const auto body = bytes.substr(0, bytes.size() - sum_size);
  if (Decoder(bytes.substr(body.size())).u32() != sum_of(body)) return bad(kind, "its checksum is wrong");
  Decoder in(body);
  if (in.u8() != version) return bad(kind, "it is of an unknown version");
  return in;
}

std::int64_t millis(WallTime t) { return t.time_since_epoch().count(); }
WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

void put(Encoder& out, const std::vector<Change::Member>& members) {
  out.u32(static_cast<std::uint32_t>(members.size()));
  for (const auto& m : members) out.u32(number(m.mailbox)).u32(number(m.uid)).u64(number(m.email));
}

std::vector<Change::Member> take_members(Decoder& in) {
  std::vector<Change::Member> out(in.count(16));
  for (auto& m : out) {
    m.mailbox = MailboxId{in.u32()};
    m.uid = Uid{in.u32()};
    m.email = EmailId{in.u64()};
  }
  return out;
}

}  // namespace

std::string encode(const AccountRecord& r) {
  auto out = start();
  out.string(r.name).string(r.display_name).flag(r.enabled).u64(r.quota_bytes).string(r.key).string(r.password);
  out.u32(r.scram.iterations).string(r.scram.salt).string(r.scram.stored_key).string(r.scram.server_key);
  out.u32(static_cast<std::uint32_t>(r.app_passwords.size()));
  for (const auto& p : r.app_passwords) out.string(p.label).i64(millis(p.created)).string(p.verifier);
  return finish(out);
}

Result<AccountRecord> decode_account(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "account"));
  AccountRecord r;
  r.name = in.string();
  r.display_name = in.string();
  r.enabled = in.flag();
  r.quota_bytes = in.u64();
  r.key = in.string();
  r.password = in.string();
  r.scram.iterations = in.u32();
  r.scram.salt = in.string();
  r.scram.stored_key = in.string();
  r.scram.server_key = in.string();
  r.app_passwords.resize(in.count(16));
  for (auto& p : r.app_passwords) {
    p.label = in.string();
    p.created = wall(in.i64());
    p.verifier = in.string();
  }
  if (!in.finished()) return bad("account", "its fields are cut");
  return r;
}

std::string encode(const ClockRecord& r) {
  auto out = start();
  out.u64(number(r.modseq)).u64(r.next_email).u64(r.next_thread).u32(r.next_mailbox).u32(r.next_uidvalidity).u64(r.bytes).u64(r.emails);
  return finish(out);
}

Result<ClockRecord> decode_clock(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "account clock"));
  ClockRecord r;
  r.modseq = ModSeq{in.u64()};
  r.next_email = in.u64();
  r.next_thread = in.u64();
  r.next_mailbox = in.u32();
  r.next_uidvalidity = in.u32();
  r.bytes = in.u64();
  r.emails = in.u64();
  if (!in.finished()) return bad("account clock", "its fields are cut");
  return r;
}

std::string encode(const MailboxRecord& r) {
  auto out = start();
  out.string(r.name).u8(static_cast<std::uint8_t>(r.role)).flag(r.subscribed).u32(number(r.uidvalidity));
  return finish(out);
}

Result<MailboxRecord> decode_mailbox(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "mailbox"));
  MailboxRecord r;
  r.name = in.string();
  const auto role = in.u8();
  if (role > static_cast<std::uint8_t>(Role::important)) return bad("mailbox", "its role is unknown");
  r.role = static_cast<Role>(role);
  r.subscribed = in.flag();
  r.uidvalidity = UidValidity{in.u32()};
  if (!in.finished()) return bad("mailbox", "its fields are cut");
  return r;
}

std::string encode(const CountersRecord& r) {
  auto out = start();
  out.u32(number(r.uidnext)).u64(number(r.highestmodseq)).u32(r.counts.total).u32(r.counts.unseen).u32(r.counts.deleted).u64(r.counts.bytes);
  return finish(out);
}

Result<CountersRecord> decode_counters(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "mailbox counters"));
  CountersRecord r;
  r.uidnext = Uid{in.u32()};
  r.highestmodseq = ModSeq{in.u64()};
  r.counts.total = in.u32();
  r.counts.unseen = in.u32();
  r.counts.deleted = in.u32();
  r.counts.bytes = in.u64();
  if (!in.finished()) return bad("mailbox counters", "its fields are cut");
  return r;
}

std::string encode(const Member& r) {
  auto out = start();
  out.u64(number(r.email)).u64(number(r.modseq)).u64(r.flags.low).u64(r.flags.high).i64(millis(r.saved));
  return finish(out);
}

Result<Member> decode_member(std::string_view bytes, Uid uid) {
  TRY_ASSIGN(auto in, open(bytes, "membership"));
  Member r;
  r.uid = uid;
  r.email = EmailId{in.u64()};
  r.modseq = ModSeq{in.u64()};
  r.flags.low = in.u64();
  r.flags.high = in.u64();
  r.saved = wall(in.i64());
  if (!in.finished()) return bad("membership", "its fields are cut");
  return r;
}

std::string encode(const EmailRecord& r) {
  auto out = start();
  out.u64(number(r.thread)).string(std::string(r.blob.bytes.begin(), r.blob.bytes.end())).string(r.wrapped_key).u64(r.size);
  out.i64(millis(r.received)).u64(number(r.created)).u64(number(r.changed)).u32(static_cast<std::uint32_t>(r.members.size()));
  for (const auto& [mailbox, uid] : r.members) out.u32(number(mailbox)).u32(number(uid));
  return finish(out);
}

Result<EmailRecord> decode_email(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "email"));
  EmailRecord r;
  r.thread = ThreadId{in.u64()};
  const auto blob = in.string();
  if (blob.size() != r.blob.bytes.size()) return bad("email", "its blob id is cut");
  std::ranges::copy(blob, r.blob.bytes.begin());
  r.wrapped_key = in.string();
  r.size = in.u64();
  r.received = wall(in.i64());
  r.created = ModSeq{in.u64()};
  r.changed = ModSeq{in.u64()};
  r.members.resize(in.count(8));
  for (auto& [mailbox, uid] : r.members) {
    mailbox = MailboxId{in.u32()};
    uid = Uid{in.u32()};
  }
  if (!in.finished()) return bad("email", "its fields are cut");
  return r;
}

std::string encode(const BlobRecord& r) {
  auto out = start();
  out.u64(r.size).u32(r.chunks).i64(millis(r.stored));
  return finish(out);
}

Result<BlobRecord> decode_blob(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "blob header"));
  BlobRecord r;
  r.size = in.u64();
  r.chunks = in.u32();
  r.stored = wall(in.i64());
  if (!in.finished()) return bad("blob header", "its fields are cut");
  return r;
}

std::string encode(const ThreadRecord& r) {
  auto out = start();
  out.u32(static_cast<std::uint32_t>(r.emails.size()));
  for (const auto email : r.emails) out.u64(number(email));
  out.u32(static_cast<std::uint32_t>(r.joins.size()));
  for (const auto& [message_id, subject] : r.joins) out.u64(message_id).u64(subject);
  return finish(out);
}

Result<ThreadRecord> decode_thread(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "thread"));
  ThreadRecord r;
  r.emails.resize(in.count(8));
  for (auto& email : r.emails) email = EmailId{in.u64()};
  r.joins.resize(in.count(16));
  for (auto& [message_id, subject] : r.joins) {
    message_id = in.u64();
    subject = in.u64();
  }
  if (!in.finished()) return bad("thread", "its fields are cut");
  return r;
}

std::string encode(const Change& r) {
  auto out = start();
  put(out, r.added);
  put(out, r.flagged);
  put(out, r.expunged);
  out.u32(static_cast<std::uint32_t>(r.mailboxes.size()));
  for (const auto mailbox : r.mailboxes) out.u32(number(mailbox));
  return finish(out);
}

Result<Change> decode_change(std::string_view bytes, ModSeq modseq) {
  TRY_ASSIGN(auto in, open(bytes, "change"));
  Change r;
  r.modseq = modseq;
  r.added = take_members(in);
  r.flagged = take_members(in);
  r.expunged = take_members(in);
  r.mailboxes.resize(in.count(4));
  for (auto& mailbox : r.mailboxes) mailbox = MailboxId{in.u32()};
  if (!in.finished()) return bad("change", "its fields are cut");
  return r;
}

std::string encode_names(const std::vector<std::string>& names) {
  auto out = start();
  out.u32(static_cast<std::uint32_t>(names.size()));
  for (const auto& name : names) out.string(name);
  return finish(out);
}

Result<std::vector<std::string>> decode_names(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "list of names"));
  std::vector<std::string> names(in.count(4));
  for (auto& name : names) name = in.string();
  if (!in.finished()) return bad("list of names", "its fields are cut");
  return names;
}

std::string encode_number(std::uint64_t value) {
  auto out = start();
  out.u64(value);
  return finish(out);
}

Result<std::uint64_t> decode_number(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "number"));
  const auto value = in.u64();
  if (!in.finished()) return bad("number", "its fields are cut");
  return value;
}

}  // namespace posthorn::store
