#include "post/submission.h"

#include <algorithm>
#include <functional>

#include "post/queue/stored_parts.h"
#include "store/objects.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 1;

// Reads, changes and writes the record; one that the user has destroyed is none of our business any more (rfc:8621#7.5).
Status change(const store::Store& store, store::Transaction& tx, const SubmissionLink& link, const std::function<void(SubmissionRecord&)>& how) {
  const auto view = store::read_object(tx, link.account, store::DataType::submission, link.submission);
  if (!view) return fail(view.error());
  if (!*view) return {};
  TRY_ASSIGN(auto record, decode_submission((*view)->value));
  const auto before = (*view)->value;
  how(record);
  auto after = encode(record);
  if (after == before) return {};
  const store::ObjectWrite write{store::DataType::submission, link.submission, std::move(after)};
  const auto done = store.write_objects(tx, link.account, std::span(&write, 1));
  if (!done) return fail(done.error());
  return {};
}

SubmittedRecipient* find(SubmissionRecord& record, std::string_view address) {
  const auto found = std::ranges::find(record.recipients, address, &SubmittedRecipient::address);
  return found == record.recipients.end() ? nullptr : &*found;
}

Delivered delivered_of(RecipientState state) {
  switch (state) {
    case RecipientState::waiting: return Delivered::queued;
    case RecipientState::failed: return Delivered::no;
    // The next server took it; whether it is in a mailbox nobody said (rfc:8621#7).
    case RecipientState::delivered:
    case RecipientState::relayed: return Delivered::unknown;
  }
  return Delivered::unknown;
}

// rfc:8621#7 one line: code, enhanced code, text.
std::string reply_of(const QueuedRecipient& r) {
  std::string text = r.text;
  std::ranges::replace(text, '\n', ' ');
  const auto code = r.code != 0 ? r.code : r.state == RecipientState::failed ? 554 : 451;
  const auto enhanced = !r.enhanced.empty() ? r.enhanced : std::to_string(code / 100) + ".0.0";
  return std::to_string(code) + " " + enhanced + " " + text;
}

}  // namespace

std::string reference_of(AccountId account, ObjectId submission) {
  std::string out = "s" + store::key::of(account);
  store::key::put_number(out, number(submission), 8);
  return out;
}

std::string encode(const SubmissionRecord& r) {
  Encoder out;
  out.u8(version).string(r.identity).u64(number(r.email)).u64(number(r.thread)).string(r.envelope).i64(millis(r.send_at));
  out.u8(static_cast<std::uint8_t>(r.undo)).u64(number(r.queue)).u32(static_cast<std::uint32_t>(r.recipients.size()));
  for (const auto& one : r.recipients) {
    out.string(one.address).u8(static_cast<std::uint8_t>(one.delivered)).string(one.reply).u32(static_cast<std::uint32_t>(one.tried.size()));
    for (const auto& t : one.tried) put(out, t);
  }
  out.string(std::string(r.blob.bytes.begin(), r.blob.bytes.end())).string(r.wrapped_key).string(r.login).string(r.evidence);
  put(out, r.from);
  out.u32(static_cast<std::uint32_t>(r.to.size()));
  for (const auto& to : r.to) put(out, to);
  return out.take();
}

Result<SubmissionRecord> decode_submission(std::string_view bytes) {
  const auto bad = [] { return fail(Errc::corrupt, "a stored submission does not check", "Run posthorn verify"); };
  Decoder in(bytes);
  if (in.u8() != version) return bad();
  SubmissionRecord r;
  bool known = true;
  r.identity = in.string();
  r.email = EmailId{in.u64()};
  r.thread = ThreadId{in.u64()};
  r.envelope = in.string();
  r.send_at = wall(in.i64());
  r.undo = take_enum<Undo>(in, 2, known);
  r.queue = QueueId{in.u64()};
  const auto recipients = in.count();
  for (std::uint32_t i = 0; i < recipients && in.ok(); ++i) {
    SubmittedRecipient one;
    one.address = in.string();
    one.delivered = take_enum<Delivered>(in, 3, known);
    one.reply = in.string();
    const auto tries = in.count();
    for (std::uint32_t k = 0; k < tries && in.ok(); ++k) one.tried.push_back(take_tried(in));
    r.recipients.push_back(std::move(one));
  }
  const auto blob = in.string();
  if (blob.size() != r.blob.bytes.size()) return bad();
  std::ranges::copy(blob, r.blob.bytes.begin());
  r.wrapped_key = in.string();
  r.login = in.string();
  r.evidence = in.string();
  r.from = take_mail_from(in, known);
  const auto to = in.count();
  for (std::uint32_t i = 0; i < to && in.ok(); ++i) r.to.push_back(take_rcpt_to(in));
  if (!in.finished() || !known) return bad();
  return r;
}

namespace {

constexpr std::size_t old_at_once = 500;

std::string index_prefix(AccountId account) { return store::key::of(account, store::DataType::submission); }
// No Email has the id 0: a row of it says that all submissions of the account have theirs.
std::string index_key(AccountId account, EmailId email, ObjectId submission) {
  auto out = index_prefix(account);
  store::key::put_number(out, number(email), 8);
  store::key::put_number(out, number(submission), 8);
  return out;
}
std::string complete_key(AccountId account) { return index_key(account, EmailId{}, ObjectId{}); }

Result<bool> is_complete(const store::Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto mark, reader.get(store::Space::object_index, complete_key(account)));
  return mark.has_value();
}

struct Slice {
  std::vector<store::Entry> rows;
  bool last = false;
};
Result<Slice> some_from(const store::Reader& reader, AccountId account, ObjectId from, std::size_t most) {
  Slice out;
  const auto prefix = store::key::of(account, store::DataType::submission);
  TRY(reader.scan(store::Space::object, store::key::of(account, store::DataType::submission, from), store::key::after(prefix), [&](std::string_view key, std::string_view value) {
    out.rows.push_back({std::string(key), std::string(value)});
    return out.rows.size() < most;
  }));
  out.last = out.rows.size() < most;
  return out;
}

}  // namespace

Status index_submission(store::Transaction& tx, AccountId account, EmailId email, ObjectId submission) {
  tx.put(store::Space::object_index, index_key(account, email, submission), "");
  TRY_ASSIGN(const bool complete, is_complete(tx, account));
  if (complete) return {};
  // The first of an account leaves none out.
  TRY_ASSIGN(const auto first, some_from(tx, account, ObjectId{}, 2));
  if (first.rows.size() <= 1) tx.put(store::Space::object_index, complete_key(account), "");
  return {};
}

void unindex_submission(store::Transaction& tx, AccountId account, EmailId email, ObjectId submission) { tx.erase(store::Space::object_index, index_key(account, email, submission)); }

Result<std::optional<std::vector<ObjectId>>> submissions_of(const store::Reader& reader, AccountId account, EmailId email) {
  TRY_ASSIGN(const bool complete, is_complete(reader, account));
  if (!complete) return std::optional<std::vector<ObjectId>>();
  std::vector<ObjectId> out;
  auto prefix = index_prefix(account);
  store::key::put_number(prefix, number(email), 8);
  TRY(reader.scan(store::Space::object_index, prefix, store::key::after(prefix), [&](std::string_view key, std::string_view) {
    out.push_back(ObjectId{store::key::take_number(key, prefix.size(), 8)});
    return true;
  }));
  return std::optional(std::move(out));
}

Task<Status> index_old_submissions(store::Store& store) {
  std::vector<AccountId> accounts;
  auto listed = store.snapshot()->scan(store::Space::clock, "", "", [&accounts](std::string_view key, std::string_view) {
    accounts.push_back(store::key::account_of(key));
    return true;
  });
  if (!listed) co_return fail(listed.error());
  for (const auto account : accounts) {
    const auto done_before = is_complete(*store.snapshot(), account);
    if (!done_before) co_return fail(done_before.error());
    ObjectId from{};
    for (bool more = !*done_before; more;) {
      ObjectId next = from;  // the work may run twice, and begins at the same place then
      store::Work work = [&](store::Transaction& tx) -> Status {
        TRY_ASSIGN(const auto some, some_from(tx, account, from, old_at_once));
        for (const auto& row : some.rows) {
          const auto id = store::key::object_of(row.key);
          const auto object = store::decode_object(row.value, id);
          const auto record = object ? decode_submission(object->value) : fail(object.error());
          // One that cannot be read is none of any Email's: posthorn verify says so.
          if (record) tx.put(store::Space::object_index, index_key(account, record->email, id), "");
          next = ObjectId{number(id) + 1};
        }
        more = !some.last;
        if (some.last) tx.put(store::Space::object_index, complete_key(account), "");
        return {};
      };
      auto done = co_await store.transact(std::move(work));
      if (!done) co_return fail(done.error());
      from = next;
    }
  }
  co_return Status{};
}

Status note_recipients(const store::Store& store, store::Transaction& tx, const SubmissionLink& link, std::span<const QueuedRecipient> recipients, std::span<const Tried> tried) {
  return change(store, tx, link, [&](SubmissionRecord& record) {
    for (const auto& r : recipients) {
      const auto address = r.to.recipient.text();
      auto* one = find(record, address);
      // One that was never tried has nothing to tell.
      if (one == nullptr || (r.attempts == 0 && r.code == 0 && r.text.empty())) continue;
      one->delivered = delivered_of(r.state);
      one->reply = reply_of(r);
      one->tried.clear();
      for (const auto& t : tried)
        if (t.to == address) one->tried.push_back(t);
    }
  });
}

Status note_delivered(const store::Store& store, store::Transaction& tx, const SubmissionLink& link, std::span<const std::string> here, std::span<const std::string> passed_on) {
  return change(store, tx, link, [&](SubmissionRecord& record) {
    for (const auto& address : here)
      if (auto* one = find(record, address)) {
        one->delivered = Delivered::yes;
        one->reply = "250 2.1.5 In the mailbox";
      }
    for (const auto& address : passed_on)
      if (auto* one = find(record, address)) {
        one->delivered = Delivered::unknown;
        one->reply = "250 2.1.5 Passed on to another address";
      }
  });
}

}  // namespace posthorn::post
