#include "store/record/records.h"

#include <algorithm>

#include "base/codec.h"
#include "crypto/bytes.h"

namespace posthorn::store {
namespace {

constexpr std::uint8_t first_version = 1, second_version = 2, third_version = 3;
constexpr std::size_t sum_size = 4;

std::uint32_t sum_of(std::string_view bytes) { return static_cast<std::uint32_t>(crypto::xxh3(bytes)); }

Encoder start(std::uint8_t version = first_version) {
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

class Fields : public Decoder {
 public:
  Fields(std::string_view body, std::uint8_t written_as) : Decoder(body), version(written_as) {}
  std::uint8_t version;
};

// The fields between version and checksum, once both are good.
Result<Fields> open(std::string_view bytes, const char* kind, std::uint8_t newest = first_version) {
  if (bytes.size() < 1 + sum_size) return bad(kind, "it is too short");
  const auto body = bytes.substr(0, bytes.size() - sum_size);
  if (Decoder(bytes.substr(body.size())).u32() != sum_of(body)) return bad(kind, "its checksum is wrong");
  const auto version = static_cast<std::uint8_t>(body.front());
  if (version < first_version || version > newest) return bad(kind, "it is of an unknown version");
  return Fields(body.substr(1), version);
}

std::int64_t millis(WallTime t) { return t.time_since_epoch().count(); }
WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

// What the records of a change tell of a membership; of those that were added there is nothing that was before.
enum class Told : std::uint8_t { where, before, thread };

void put(Encoder& out, const std::vector<Change::Member>& members, Told told) {
  out.u32(static_cast<std::uint32_t>(members.size()));
  for (const auto& m : members) {
    out.u32(number(m.mailbox)).u32(number(m.uid)).u64(number(m.email));
    if (told >= Told::before) out.flag(m.was_deleted);
    if (told == Told::thread) out.u64(number(m.thread));
  }
}

std::vector<Change::Member> take_members(Fields& in, Told told) {
  if (in.version == first_version) told = Told::where;
  std::vector<Change::Member> out(in.count(16));
  for (auto& m : out) {
    m.mailbox = MailboxId{in.u32()};
    m.uid = Uid{in.u32()};
    m.email = EmailId{in.u64()};
    if (told >= Told::before) m.was_deleted = in.flag();
    if (told == Told::thread) m.thread = ThreadId{in.u64()};
  }
  return out;
}

Change::How take_how(Fields& in) {
  if (in.version == first_version) return Change::How::changed;
  return static_cast<Change::How>(std::min<std::uint8_t>(in.u8(), static_cast<std::uint8_t>(Change::How::destroyed)));
}

}  // namespace

std::string encode(const AccountRecord& r) {
  auto out = start(third_version);
  out.string(r.name).string(r.display_name).flag(r.enabled).u64(r.quota_bytes).string(r.key).string(r.password);
  out.u32(r.scram.iterations).string(r.scram.salt).string(r.scram.keys.stored).string(r.scram.keys.server);
  out.u32(static_cast<std::uint32_t>(r.app_passwords.size()));
  for (const auto& p : r.app_passwords) out.string(p.label).i64(millis(p.created)).string(p.verifier);
  out.string(r.codes.secret).string(r.codes.pending).u64(r.codes.last_step).u32(static_cast<std::uint32_t>(r.codes.recovery.size()));
  for (const auto& one : r.codes.recovery) out.string(one);
  out.u32(static_cast<std::uint32_t>(r.passkeys.size()));
  for (const auto& p : r.passkeys) out.string(p.label).i64(millis(p.created)).i64(millis(p.used)).string(p.credential).string(p.key).u32(p.counter);
  for (const auto& p : r.app_passwords) out.string(p.scram.stored);
  return finish(out);
}

Result<AccountRecord> decode_account(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "account", third_version));
  AccountRecord r;
  r.name = in.string();
  r.display_name = in.string();
  r.enabled = in.flag();
  r.quota_bytes = in.u64();
  r.key = in.string();
  r.password = in.string();
  r.scram.iterations = in.u32();
  r.scram.salt = in.string();
  r.scram.keys.stored = in.string();
  r.scram.keys.server = in.string();
  r.app_passwords.resize(in.count(16));
  for (auto& p : r.app_passwords) {
    p.label = in.string();
    p.created = wall(in.i64());
    p.verifier = in.string();
  }
  if (in.version >= second_version) {
    r.codes.secret = in.string();
    r.codes.pending = in.string();
    r.codes.last_step = in.u64();
    r.codes.recovery.resize(in.count(4));
    for (auto& one : r.codes.recovery) one = in.string();
    r.passkeys.resize(in.count(32));
    for (auto& p : r.passkeys) {
      p.label = in.string();
      p.created = wall(in.i64());
      p.used = wall(in.i64());
      p.credential = in.string();
      p.key = in.string();
      p.counter = in.u32();
    }
  }
  // Those of before have none: what was typed is not known, so they open no SCRAM.
  if (in.version >= third_version)
    for (auto& p : r.app_passwords) p.scram.stored = in.string();
  if (!in.finished()) return bad("account", "its fields are cut");
  return r;
}

std::string encode(const ClockRecord& r) {
  auto out = start(second_version);
  out.u64(number(r.modseq)).u64(r.next_email).u64(r.next_thread).u32(r.next_mailbox).u32(r.next_uidvalidity).u64(r.bytes).u64(r.emails);
  out.u64(r.next_object).u32(static_cast<std::uint32_t>(r.states.size()));
  for (const auto state : r.states) out.u64(number(state));
  return finish(out);
}

Result<ClockRecord> decode_clock(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "account clock", second_version));
  ClockRecord r;
  r.modseq = ModSeq{in.u64()};
  r.next_email = in.u64();
  r.next_thread = in.u64();
  r.next_mailbox = in.u32();
  r.next_uidvalidity = in.u32();
  r.bytes = in.u64();
  r.emails = in.u64();
  // Before states were kept anything may have changed at any time.
  if (in.version == first_version) r.states.fill(r.modseq);
  if (in.version == second_version) {
    r.next_object = in.u64();
    const auto states = in.count(8);
    for (std::uint32_t i = 0; i < states; ++i) {
      const ModSeq state{in.u64()};
      if (i < r.states.size()) r.states[i] = state;
    }
  }
  if (!in.finished()) return bad("account clock", "its fields are cut");
  return r;
}

std::string encode(const MailboxRecord& r) {
  auto out = start(second_version);
  out.string(r.name).u8(static_cast<std::uint8_t>(r.role)).flag(r.subscribed).u32(number(r.uidvalidity)).u32(r.sort_order);
  return finish(out);
}

Result<MailboxRecord> decode_mailbox(std::string_view bytes) {
  TRY_ASSIGN(auto in, open(bytes, "mailbox", second_version));
  MailboxRecord r;
  r.name = in.string();
  const auto role = in.u8();
  if (role > static_cast<std::uint8_t>(Role::snoozed)) return bad("mailbox", "its role is unknown");
  r.role = static_cast<Role>(role);
  r.subscribed = in.flag();
  r.uidvalidity = UidValidity{in.u32()};
  if (in.version == second_version) r.sort_order = in.u32();
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
  auto out = start(second_version);
  put(out, r.added, Told::where);
  put(out, r.flagged, Told::before);
  put(out, r.expunged, Told::thread);
  out.u32(static_cast<std::uint32_t>(r.mailboxes.size()));
  for (const auto& one : r.mailboxes) out.u32(number(one.id)).u8(static_cast<std::uint8_t>(one.how));
  out.u32(static_cast<std::uint32_t>(r.objects.size()));
  for (const auto& one : r.objects) out.u8(static_cast<std::uint8_t>(one.type)).u64(number(one.id)).u8(static_cast<std::uint8_t>(one.how));
  return finish(out);
}

Result<Change> decode_change(std::string_view bytes, ModSeq modseq) {
  TRY_ASSIGN(auto in, open(bytes, "change", second_version));
  Change r;
  r.modseq = modseq;
  r.added = take_members(in, Told::where);
  r.flagged = take_members(in, Told::before);
  r.expunged = take_members(in, Told::thread);
  r.mailboxes.resize(in.count(4));
  for (auto& one : r.mailboxes) {
    one.id = MailboxId{in.u32()};
    one.how = take_how(in);
  }
  if (in.version == second_version) r.objects.resize(in.count(10));
  for (auto& one : r.objects) {
    one.type = static_cast<DataType>(in.u8());
    one.id = ObjectId{in.u64()};
    one.how = take_how(in);
  }
  if (!in.finished()) return bad("change", "its fields are cut");
  return r;
}

std::string encode(const Object& r) {
  auto out = start();
  out.u64(number(r.created)).u64(number(r.changed)).string(r.value);
  return finish(out);
}

Result<Object> decode_object(std::string_view bytes, ObjectId id) {
  TRY_ASSIGN(auto in, open(bytes, "object"));
  Object r;
  r.id = id;
  r.created = ModSeq{in.u64()};
  r.changed = ModSeq{in.u64()};
  r.value = in.string();
  if (!in.finished()) return bad("object", "its fields are cut");
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
