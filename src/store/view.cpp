// Reading: everything straight from the snapshot, nothing cached.
#include <algorithm>

#include "store/blob_read.h"
#include "store/record/keys.h"
#include "store/record/records.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

Mailbox mailbox_of(MailboxId id, const MailboxRecord& record, const CountersRecord& counters) {
  Mailbox out;
  out.id = id;
  out.name = record.name;
  out.role = record.role;
  out.subscribed = record.subscribed;
  out.sort_order = record.sort_order;
  out.uidvalidity = record.uidvalidity;
  out.uidnext = counters.uidnext;
  out.highestmodseq = counters.highestmodseq;
  out.counts = counters.counts;
  return out;
}

std::unexpected<Error> no_email() { return fail(Errc::not_found, "there is no such email"); }

}  // namespace

View::View(const crypto::Keyring& keyring, std::unique_ptr<Reader> reader, AccountId account)
    : keyring_(keyring), reader_(std::move(reader)), account_(account) {}

ModSeq View::modseq() const {
  const auto bytes = reader_->get(Space::clock, key::of(account_));
  if (!bytes || !*bytes) return ModSeq{0};
  const auto clock = decode_clock(**bytes);
  return clock ? clock->modseq : ModSeq{0};
}

Result<AccountInfo> View::account() const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::account, key::of(account_)));
  TRY_ASSIGN(const auto clock_bytes, reader_->get(Space::clock, key::of(account_)));
  if (!bytes || !clock_bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  TRY_ASSIGN(const auto clock, decode_clock(*clock_bytes));
  return AccountInfo{account_, record.name, record.display_name, record.enabled, record.quota_bytes, clock.bytes, clock.emails};
}

Result<std::vector<Mailbox>> View::mailboxes() const {
  std::vector<Mailbox> out;
  Status bad;
  const auto prefix = key::of(account_);
  std::vector<std::pair<MailboxId, MailboxRecord>> records;
  TRY(reader_->scan(Space::mailbox, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    auto record = decode_mailbox(value);
    if (record) records.emplace_back(key::mailbox_of(k), std::move(*record));
    else bad = fail(record.error());
    return bad.has_value();
  }));
  TRY(bad);
  for (const auto& [id, record] : records) {
    TRY_ASSIGN(const auto bytes, reader_->get(Space::counters, key::of(account_, id)));
    if (!bytes) return fail(Errc::corrupt, "a mailbox has no counters", "Run posthorn verify");
    TRY_ASSIGN(const auto counters, decode_counters(*bytes));
    out.push_back(mailbox_of(id, record, counters));
  }
  std::ranges::sort(out, {}, &Mailbox::name);
  return out;
}

Result<std::optional<Mailbox>> View::mailbox(MailboxId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::mailbox, key::of(account_, id)));
  TRY_ASSIGN(const auto counter_bytes, reader_->get(Space::counters, key::of(account_, id)));
  if (!bytes || !counter_bytes) return std::optional<Mailbox>();
  TRY_ASSIGN(const auto record, decode_mailbox(*bytes));
  TRY_ASSIGN(const auto counters, decode_counters(*counter_bytes));
  return std::optional<Mailbox>(mailbox_of(id, record, counters));
}

Result<std::optional<Mailbox>> View::mailbox(std::string_view name) const {
  const auto wanted = canonical_mailbox_name(name);
  if (wanted == "INBOX") return mailbox(inbox_id);
  TRY_ASSIGN(auto all, mailboxes());
  for (auto& one : all)
    if (one.name == wanted) return std::optional<Mailbox>(std::move(one));
  return std::optional<Mailbox>();
}

Result<std::vector<Member>> View::members(MailboxId mailbox, Uid first, Uid last) const {
  std::vector<Member> out;
  Status bad;
  TRY(reader_->scan(Space::membership, key::of(account_, mailbox, first), key::after(key::of(account_, mailbox, last)), [&](std::string_view k, std::string_view value) {
    auto member = decode_member(value, key::uid_of(k));
    if (member) out.push_back(*member);
    else bad = fail(member.error());
    return bad.has_value();
  }));
  TRY(bad);
  return out;
}

Result<std::optional<Member>> View::member(MailboxId mailbox, Uid uid) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::membership, key::of(account_, mailbox, uid)));
  if (!bytes) return std::optional<Member>();
  TRY_ASSIGN(auto member, decode_member(*bytes, uid));
  return std::optional<Member>(member);
}

Result<std::optional<Email>> View::email(EmailId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::email, key::of(account_, id)));
  if (!bytes) return std::optional<Email>();
  TRY_ASSIGN(auto r, decode_email(*bytes));
  return std::optional<Email>(Email{id, r.thread, r.blob, r.size, r.received, r.created, r.changed, std::move(r.members)});
}

Result<std::optional<ShownEmail>> View::shown(EmailId id) const {
  TRY_ASSIGN(auto found, email(id));
  if (!found) return std::optional<ShownEmail>();
  ShownEmail out{std::move(*found), {}, {}};
  bool all_seen = true;
  for (const auto& [mailbox, uid] : out.email.members) {
    TRY_ASSIGN(const auto row, member(mailbox, uid));
    if (!row || row->flags.has(SystemFlag::deleted)) continue;
    out.mailboxes.push_back(mailbox);
    out.keywords = out.keywords | row->flags;
    all_seen = all_seen && row->flags.has(SystemFlag::seen);
  }
  if (out.mailboxes.empty()) return std::optional<ShownEmail>();
  out.keywords.set(SystemFlag::seen, all_seen);
  std::ranges::sort(out.mailboxes);
  out.mailboxes.erase(std::ranges::unique(out.mailboxes).begin(), out.mailboxes.end());
  return std::optional(std::move(out));
}

Result<std::vector<EmailId>> View::thread(ThreadId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::thread, key::of(account_, id)));
  if (!bytes) return std::vector<EmailId>();
  TRY_ASSIGN(auto record, decode_thread(*bytes));
  return std::move(record.emails);
}

States View::states() const {
  const auto bytes = reader_->get(Space::clock, key::of(account_));
  if (!bytes || !*bytes) return {};
  const auto clock = decode_clock(**bytes);
  return clock ? clock->states : States{};
}

Result<std::vector<Object>> View::objects(DataType type) const {
  std::vector<Object> out;
  Status bad;
  const auto prefix = key::of(account_, type);
  TRY(reader_->scan(Space::object, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    auto object = decode_object(value, key::object_of(k));
    if (object) out.push_back(std::move(*object));
    else bad = fail(object.error());
    return bad.has_value();
  }));
  TRY(bad);
  return out;
}

Result<std::optional<Object>> View::object(DataType type, ObjectId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::object, key::of(account_, type, id)));
  if (!bytes) return std::optional<Object>();
  TRY_ASSIGN(auto object, decode_object(*bytes, id));
  return std::optional(std::move(object));
}

Result<mail::Summary> View::summary(EmailId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::summary, key::of(account_, id)));
  if (!bytes) return no_email();
  return mail::decode_summary(*bytes);
}

Result<View::Opened> View::open(EmailId id) const {
  TRY_ASSIGN(const auto bytes, reader_->get(Space::email, key::of(account_, id)));
  if (!bytes) return no_email();
  TRY_ASSIGN(const auto record, decode_email(*bytes));
  TRY_ASSIGN(const auto account_bytes, reader_->get(Space::account, key::of(account_)));
  if (!account_bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto account, decode_account(*account_bytes));
  TRY_ASSIGN(auto data_key, keyring_.unwrap(account_, account.key, record.wrapped_key));
  return Opened{record.blob, std::move(data_key)};
}

Result<std::string> View::message_range(EmailId id, std::uint64_t offset, std::uint64_t length) const {
  TRY_ASSIGN(const auto opened, open(id));
  return read_blob_range(*reader_, opened.blob, opened.data_key, offset, length);
}
Result<std::string> View::message(EmailId id) const {
  TRY_ASSIGN(const auto opened, open(id));
  return read_blob(*reader_, opened.blob, opened.data_key);
}

Result<std::optional<std::string>> View::evidence(EmailId id) const {
  TRY_ASSIGN(const auto stored, reader_->get(Space::evidence, key::of(account_, id)));
  if (!stored) return std::optional<std::string>();
  TRY_ASSIGN(const auto opened, open(id));
  TRY_ASSIGN(auto evidence, open_evidence(*stored, opened.blob, opened.data_key));
  return std::optional(std::move(evidence));
}

Result<Keywords> View::keywords() const {
  Keywords out;
  TRY_ASSIGN(const auto bytes, reader_->get(Space::keyword, key::of(account_)));
  if (bytes) {
    TRY_ASSIGN(out.names, decode_names(*bytes));
  }
  return out;
}

Result<std::vector<Change>> View::changes(ModSeq since) const {
  std::vector<Change> out;
  if (number(since) >= number(modseq())) return out;
  Status bad;
  const ModSeq next{number(since) + 1};
  TRY(reader_->scan(Space::log, key::of(account_, next), key::after(key::of(account_)), [&](std::string_view k, std::string_view value) {
    auto change = decode_change(value, ModSeq{key::take_number(k, 8, 8)});
    if (change) out.push_back(std::move(*change));
    else bad = fail(change.error());
    return bad.has_value();
  }));
  TRY(bad);
  // Every commit leaves one record, so a gap at the front means that the log was trimmed past `since`.
  if (out.empty() || out.front().modseq != next) return fail(Errc::not_found, "the change log does not reach back that far");
  return out;
}

}  // namespace posthorn::store
