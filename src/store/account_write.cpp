#include "store/account_write.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::uint32_t chunks_erased_at_once = 16;
constexpr std::size_t keyword_limit = 255;

void count(Counts& counts, Flags flags, int by) {
  const auto add = [by](std::uint32_t& n) { n = static_cast<std::uint32_t>(static_cast<std::int64_t>(n) + by); };
  add(counts.total);
  if (!flags.has(SystemFlag::seen)) add(counts.unseen);
  if (flags.has(SystemFlag::deleted)) add(counts.deleted);
}

}  // namespace

Result<AccountWrite> AccountWrite::begin(Transaction& tx, AccountId account) {
  TRY_ASSIGN(const auto bytes, tx.get(Space::clock, key::of(account)));
  if (!bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(auto clock, decode_clock(*bytes));
  clock.modseq = ModSeq{number(clock.modseq) + 1};
  return AccountWrite(tx, account, clock);
}

Result<MailboxRecord> AccountWrite::mailbox(MailboxId id) const {
  TRY_ASSIGN(const auto bytes, tx_.get(Space::mailbox, key::of(account_, id)));
  if (!bytes) return fail(Errc::not_found, "there is no such mailbox");
  return decode_mailbox(*bytes);
}

Result<std::optional<MailboxId>> AccountWrite::find_mailbox(std::string_view name) const {
  std::optional<MailboxId> found;
  Status bad;
  const auto prefix = key::of(account_);
  TRY(tx_.scan(Space::mailbox, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    auto record = decode_mailbox(value);
    if (!record) bad = fail(record.error());
    else if (record->name == name) found = key::mailbox_of(k);
    return bad && !found;
  }));
  TRY(bad);
  return found;
}

Result<CountersRecord*> AccountWrite::counters(MailboxId id) {
  if (const auto known = counters_.find(id); known != counters_.end()) return &known->second;
  TRY_ASSIGN(const auto bytes, tx_.get(Space::counters, key::of(account_, id)));
  if (!bytes) return fail(Errc::not_found, "there is no such mailbox");
  TRY_ASSIGN(auto record, decode_counters(*bytes));
  return &counters_.emplace(id, record).first->second;
}

Result<EmailRecord> AccountWrite::email(EmailId id) const {
  if (const auto known = emails_.find(id); known != emails_.end()) return known->second;
  TRY_ASSIGN(const auto bytes, tx_.get(Space::email, key::of(account_, id)));
  if (!bytes) return fail(Errc::corrupt, "a membership names an email that is not there", "Run posthorn verify");
  return decode_email(*bytes);
}

Result<ThreadRecord> AccountWrite::thread(ThreadId id) const {
  if (const auto known = threads_.find(id); known != threads_.end()) return known->second;
  TRY_ASSIGN(const auto bytes, tx_.get(Space::thread, key::of(account_, id)));
  return bytes ? decode_thread(*bytes) : ThreadRecord{};
}

Result<ThreadRecord*> AccountWrite::change_thread(ThreadId id) {
  if (const auto known = threads_.find(id); known != threads_.end()) return &known->second;
  TRY_ASSIGN(auto record, thread(id));
  return &threads_.emplace(id, std::move(record)).first->second;
}

Result<Uid> AccountWrite::add_member(MailboxId mailbox, EmailId email, std::uint64_t size, Flags flags, WallTime saved) {
  TRY_ASSIGN(auto* box, counters(mailbox));
  // rfc:9051#2.3.1.1 UIDs only rise; when they run out the mailbox needs a new UIDVALIDITY, which no mailbox will live to see.
  if (number(box->uidnext) == UINT32_MAX) return fail(Errc::too_big, "the mailbox has used up its UIDs", "Move its mail to a new mailbox");
  const Uid uid = box->uidnext;
  box->uidnext = Uid{number(uid) + 1};
  box->highestmodseq = modseq();
  count(box->counts, flags, 1);
  box->counts.bytes += size;
  tx_.put(Space::membership, key::of(account_, mailbox, uid), encode(Member{uid, email, modseq(), flags, saved}));
  change_.added.push_back({mailbox, uid, email, false, {}});
  return uid;
}

Status AccountWrite::set_flags(MailboxId mailbox, const Member& before, Flags flags) {
  TRY_ASSIGN(auto* box, counters(mailbox));
  count(box->counts, before.flags, -1);
  count(box->counts, flags, 1);
  box->highestmodseq = modseq();
  Member after = before;
  after.flags = flags;
  after.modseq = modseq();
  tx_.put(Space::membership, key::of(account_, mailbox, before.uid), encode(after));
  const bool was_deleted = before.flags.has(SystemFlag::deleted);
  // Mail with \Deleted is not in its thread for JMAP.
  if (was_deleted != flags.has(SystemFlag::deleted)) touch(DataType::thread);
  change_.flagged.push_back({mailbox, before.uid, before.email, was_deleted, {}});
  return {};
}

Status AccountWrite::remove_member(MailboxId mailbox, const Member& member) {
  TRY_ASSIGN(auto record, email(member.email));
  TRY_ASSIGN(auto* box, counters(mailbox));
  count(box->counts, member.flags, -1);
  box->counts.bytes -= record.size;
  box->highestmodseq = modseq();
  tx_.erase(Space::membership, key::of(account_, mailbox, member.uid));
  change_.expunged.push_back({mailbox, member.uid, member.email, member.flags.has(SystemFlag::deleted), record.thread});
  std::erase(record.members, std::pair(mailbox, member.uid));
  if (record.members.empty()) return remove_email(member.email, record);
  // What is left of it may all be marked \Deleted: then it has left its thread for JMAP.
  for (const auto& [other, uid] : record.members) {
    TRY_ASSIGN(const auto* there, counters(other));
    if (there->counts.deleted > 0) touch(DataType::thread);
  }
  record.changed = modseq();
  put(member.email, std::move(record));
  return {};
}

Status AccountWrite::remove_email(EmailId id, const EmailRecord& record) {
  const auto k = key::of(account_, id);
  emails_.erase(id);
  tx_.erase(Space::email, k);
  tx_.erase(Space::summary, k);
  tx_.erase(Space::evidence, k);
  tx_.erase(Space::blob_reference, key::of(record.blob) + key::owner(account_, id));
  clock_.bytes -= record.size;
  --clock_.emails;
  TRY(leave_thread(*this, record.thread, id));
  return erase_blob_if_unreferenced(tx_, record.blob);
}

Result<Flags> AccountWrite::flags_of(std::span<const std::string> names) {
  Flags flags;
  Keywords keywords;
  bool loaded = false, grown = false;
  for (const auto& name : names) {
    if (name.starts_with('\\')) {
      const auto bit = keywords.bit(name);
      if (bit) flags.set(*bit);  // \Recent and unknown system flags are nobody's to set
      continue;
    }
    if (!loaded) {
      TRY_ASSIGN(const auto bytes, tx_.get(Space::keyword, key::of(account_)));
      if (bytes) {
        TRY_ASSIGN(keywords.names, decode_names(*bytes));
      }
      loaded = true;
    }
    auto bit = keywords.bit(name);
    if (!bit) {
      if (name.empty() || name.size() > keyword_limit) return fail(Errc::invalid, "a keyword must have 1 to 255 characters");
      if (keywords.names.size() >= flag_bits - first_keyword_bit)
        return fail(Errc::too_big, "the account has 123 different keywords already", "Use one that is there");
      keywords.names.push_back(name);
      grown = true;
      bit = first_keyword_bit + static_cast<unsigned>(keywords.names.size()) - 1;
    }
    flags.set(*bit);
  }
  if (grown) tx_.put(Space::keyword, key::of(account_), encode_names(keywords.names));
  return flags;
}

Status AccountWrite::finish() {
  for (const auto& [id, record] : counters_) tx_.put(Space::counters, key::of(account_, id), encode(record));
  for (const auto& [id, record] : emails_) tx_.put(Space::email, key::of(account_, id), encode(record));
  for (const auto& [id, record] : threads_) {
    if (!record.emails.empty()) {
      tx_.put(Space::thread, key::of(account_, id), encode(record));
      continue;
    }
    for (const auto& [message_id, subject] : record.joins) tx_.erase(Space::thread_join, key::of(account_, message_id, subject));
    tx_.erase(Space::thread, key::of(account_, id));
  }
  const bool mail = !change_.added.empty() || !change_.flagged.empty() || !change_.expunged.empty();
  if (mail) touch(DataType::email);
  if (mail || !change_.mailboxes.empty()) touch(DataType::mailbox);
  for (const auto& one : change_.objects) touch(one.type);
  tx_.put(Space::clock, key::of(account_), encode(clock_));
  tx_.put(Space::log, key::of(account_, clock_.modseq), encode(change_));
  return {};
}

Status erase_blob_if_unreferenced(Transaction& tx, const BlobId& blob) {
  const auto prefix = key::of(blob);
  bool referenced = false;
  TRY(tx.scan(Space::blob_reference, prefix, key::after(prefix), [&referenced](std::string_view, std::string_view) {
    referenced = true;
    return false;
  }));
  if (referenced) return {};
  TRY_ASSIGN(const auto bytes, tx.get(Space::blob, prefix));
  if (!bytes) return {};
  TRY_ASSIGN(const auto record, decode_blob(*bytes));
  for (std::uint32_t i = 0; i < std::min(record.chunks, chunks_erased_at_once); ++i) tx.erase(Space::chunk, key::of(blob, i));
  tx.erase(Space::blob, prefix);
  if (record.chunks > chunks_erased_at_once) mark_loose(tx, blob, WallTime{});
  return {};
}

void mark_loose(Transaction& tx, const BlobId& blob, WallTime since) {
  tx.put(Space::node, key::loose(blob), encode_number(static_cast<std::uint64_t>(since.time_since_epoch().count())));
}

Result<std::vector<Member>> find_members(const Reader& reader, AccountId account, MailboxId mailbox, std::span<const Uid> uids) {
  std::vector<Member> out;
  std::set<Uid> seen;
  for (const auto uid : uids) {
    if (!seen.insert(uid).second) continue;
    TRY_ASSIGN(const auto bytes, reader.get(Space::membership, key::of(account, mailbox, uid)));
    if (!bytes) continue;
    TRY_ASSIGN(auto member, decode_member(*bytes, uid));
    out.push_back(member);
  }
  return out;
}

}  // namespace posthorn::store
