#include "post/submission.h"

#include <algorithm>
#include <functional>

#include "post/queue/stored_parts.h"
#include "store/objects.h"
#include "store/record/keys.h"

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
