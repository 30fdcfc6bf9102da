#include "post/outbox.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <array>

#include "store/objects.h"
#include "store/record/keys.h"

namespace posthorn::post {
namespace {

using store::Space;
constexpr Duration try_again = std::chrono::minutes(1), longest_sleep = std::chrono::hours(1);

struct PrepareWork {
  const store::Store* store;
  std::string message;
  Result<store::Prepared> operator()() const { return store->prepare(message); }
};

}  // namespace

std::string Outbox::key_of(const Waiting& one) {
  std::string out;
  store::key::put_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, one.at.time_since_epoch().count())), 8);
  out += store::key::of(one.account);
  store::key::put_number(out, number(one.submission), 8);
  return out;
}

Status Outbox::start() {
  timer_ = clock_.timer(executor_);
  TRY(store_.snapshot()->scan(Space::queue_lease, "", "", [this](std::string_view key, std::string_view) {
    if (key.size() != 24) return true;
    const auto at = WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(store::key::take_number(key, 0, 8))));
    waiting_.insert(Waiting{at, AccountId{store::key::take_number(key, 8, 8)}, ObjectId{store::key::take_number(key, 16, 8)}});
    return true;
  }));
  tick();
  boost::asio::co_spawn(executor_, index_old(), boost::asio::detached);
  return {};
}

// Until it is through, who asks for the submissions of an Email has all read.
Task<void> Outbox::index_old() {
  auto done = co_await index_old_submissions(store_);
  if (!done) log_.error("submission.not_indexed", {{"why", done.error().text()}});
}

void Outbox::stop() {
  stopping_ = true;
  if (timer_) timer_->cancel();
}

void Outbox::add(Waiting one) {
  boost::asio::post(executor_, [this, one] {
    waiting_.insert(one);
    tick();
  });
}

void Outbox::tick() {
  if (stopping_ || !timer_) return;
  while (!waiting_.empty() && waiting_.begin()->at <= clock_.now()) {
    const auto one = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    boost::asio::co_spawn(executor_, release(one), boost::asio::detached);
  }
  if (waiting_.empty()) return;
  // The wall clock may be set meanwhile: look again from time to time.
  const Duration until = waiting_.begin()->at - clock_.now();
  timer_->start(std::min(until, longest_sleep), [this] { tick(); });
}

Task<void> Outbox::release(Waiting one) {
  auto done = co_await release_now(one);
  if (done || done.error().code == Errc::not_found) co_return;
  log_.error("submission.not_released", {{"why", done.error().what}});
  // What cannot leave now leaves later; the key in the store keeps the time that was asked for.
  co_await sleep(clock_, try_again);
  if (!stopping_) add(one);
}

Task<Status> Outbox::release_now(const Waiting& one) {
  const auto object = store_.view(one.account).object(store::DataType::submission, one.submission);
  if (!object) co_return fail(object.error());
  if (!*object) co_return fail(Errc::not_found, "the submission is gone");
  auto record = decode_submission((*object)->value);
  if (!record) co_return fail(record.error());
  if (record->undo != Undo::pending) co_return Status{};
  store::Prepared blob;
  blob.blob = record->blob;
  auto key = keyring_.unwrap_queue(record->wrapped_key);
  if (!key) co_return fail(key.error());
  blob.data_key = std::move(*key);
  auto message = store_.blob(blob);
  if (!message) co_return fail(message.error());

  Letter letter;
  letter.from = record->from;
  letter.message = std::move(*message);
  letter.login = record->login;
  letter.id = record->queue;
  letter.evidence = record->evidence;
  letter.submission = SubmissionLink{one.account, one.submission};
  letter.answerable = true;
  // Who has gone since then is told as failed; the others get their letter.
  for (auto& to : record->to) {
    const auto route = store_.route(to.recipient.text());
    if (!route) co_return fail(route.error());
    if (route->kind != store::Route::Kind::unknown_user) {
      letter.recipients.push_back(to);
      continue;
    }
    for (auto& told : record->recipients)
      if (told.address == to.recipient.text()) {
        told.delivered = Delivered::no;
        told.reply = "550 5.1.1 There is no mailbox " + told.address + " here any more";
      }
  }
  auto handover = co_await Handover::make(store_, keyring_, options_, std::move(letter));
  if (!handover) co_return fail(handover.error());
  const auto before = (*object)->value;
  record->undo = Undo::final;
  record->to.clear();
  record->evidence.clear();
  record->wrapped_key.clear();
  const auto held = record->blob;
  record->blob = BlobId{};
  const auto& ready = *handover;
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto current, store::read_object(tx, one.account, store::DataType::submission, one.submission));
    if (!current || current->value != before) return fail(Errc::not_found, "it was taken back");
    const store::ObjectWrite write{store::DataType::submission, one.submission, encode(*record)};
    const auto written = store_.write_objects(tx, one.account, std::span(&write, 1));
    if (!written) return fail(written.error());
    tx.erase(Space::queue_lease, key_of(one));
    TRY(store_.remove_blob_reference(tx, held, reference_of(one.account, one.submission)));
    return ready.write(store_, tx);
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const std::array<AccountId, 1> sender{one.account};
  store_.committed(sender);
  for (const auto due : ready.committed(store_, log_)) sender_.wake(due);
  log_.info("submission.released", {{"id", text_of(record->queue)}});
  co_return Status{};
}

Task<Result<Outbox::Handed>> Outbox::hand_in(AccountId account, SubmissionRecord record, Letter letter, std::optional<WallTime> release) {
  record.queue = letter.id;
  if (release && *release > clock_.now()) co_return co_await keep(account, std::move(record), std::move(letter), *release);
  co_return co_await send(account, std::move(record), std::move(letter));
}

Task<Result<Outbox::Handed>> Outbox::keep(AccountId account, SubmissionRecord record, Letter letter, WallTime release) {
  record.undo = Undo::pending;
  record.send_at = release;
  record.login = letter.login;
  record.evidence = letter.evidence;
  record.from = letter.from;
  record.to = letter.recipients;
  PrepareWork prepare{&store_, std::move(letter.message)};
  auto prepared = co_await store_.workers().run(std::move(prepare));
  if (!prepared) co_return fail(prepared.error());
  auto wrapped = keyring_.wrap_queue(prepared->data_key);
  if (!wrapped) co_return fail(wrapped.error());
  record.blob = prepared->blob;
  record.wrapped_key = std::move(*wrapped);
  auto shared = std::make_shared<const store::Prepared>(std::move(*prepared));
  auto staged = co_await store_.stage(shared);
  if (!staged) co_return fail(staged.error());
  Handed out;
  store::Work work = [&](store::Transaction& tx) -> Status {
    const store::ObjectWrite write{store::DataType::submission, ObjectId{}, encode(record)};
    TRY_ASSIGN(const auto ids, store_.write_objects(tx, account, std::span(&write, 1)));
    out.submission = ids.front();
    TRY(index_submission(tx, account, record.email, out.submission));
    TRY_ASSIGN(out.modseq, store::modseq_of(tx, account));
    tx.put(Space::queue_lease, key_of(Waiting{release, account, out.submission}), "");
    TRY(store_.put_blob(tx, *shared));
    return store_.add_blob_reference(tx, shared->blob, reference_of(account, out.submission));
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const std::array<AccountId, 1> sender{account};
  store_.committed(sender);
  add(Waiting{release, account, out.submission});
  log_.info("submission.waits", {{"id", text_of(record.queue)}});
  co_return out;
}

Task<Result<Outbox::Handed>> Outbox::send(AccountId account, SubmissionRecord record, Letter letter) {
  record.undo = Undo::final;
  record.send_at = clock_.now();
  letter.submission = SubmissionLink{account, ObjectId{}};
  auto handover = co_await Handover::make(store_, keyring_, options_, std::move(letter));
  if (!handover) co_return fail(handover.error());
  auto& ready = *handover;
  Handed out;
  store::Work work = [&](store::Transaction& tx) -> Status {
    const store::ObjectWrite write{store::DataType::submission, ObjectId{}, encode(record)};
    TRY_ASSIGN(const auto ids, store_.write_objects(tx, account, std::span(&write, 1)));
    out.submission = ids.front();
    TRY(index_submission(tx, account, record.email, out.submission));
    ready.belongs_to(SubmissionLink{account, out.submission});
    TRY(ready.write(store_, tx));
    TRY_ASSIGN(out.modseq, store::modseq_of(tx, account));
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const std::array<AccountId, 1> sender{account};
  store_.committed(sender);
  for (const auto due : ready.committed(store_, log_)) sender_.wake(due);
  co_return out;
}

Task<Status> Outbox::send_unwatched(Letter letter) {
  auto handover = co_await Handover::make(store_, keyring_, options_, std::move(letter));
  if (!handover) co_return fail(handover.error());
  auto& ready = *handover;
  store::Work work = [&](store::Transaction& tx) -> Status { return ready.write(store_, tx); };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  for (const auto due : ready.committed(store_, log_)) sender_.wake(due);
  co_return Status{};
}

Task<Result<bool>> Outbox::take_back(AccountId account, ObjectId submission) {
  bool taken = false;
  store::Work work = [&](store::Transaction& tx) -> Status {
    taken = false;
    TRY_ASSIGN(const auto object, store::read_object(tx, account, store::DataType::submission, submission));
    if (!object) return fail(Errc::not_found, "there is no such submission");
    TRY_ASSIGN(auto record, decode_submission(object->value));
    if (record.undo != Undo::pending) return {};
    taken = true;
    tx.erase(Space::queue_lease, key_of(Waiting{record.send_at, account, submission}));
    TRY(store_.remove_blob_reference(tx, record.blob, reference_of(account, submission)));
    record.undo = Undo::canceled;
    record.blob = BlobId{};
    record.wrapped_key.clear();
    record.evidence.clear();
    record.to.clear();
    for (auto& one : record.recipients) {
      one.delivered = Delivered::no;
      one.reply = "554 5.7.0 The sender took it back";
    }
    const store::ObjectWrite write{store::DataType::submission, submission, encode(record)};
    const auto written = store_.write_objects(tx, account, std::span(&write, 1));
    if (!written) return fail(written.error());
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  const std::array<AccountId, 1> sender{account};
  store_.committed(sender);
  co_return taken;
}

}  // namespace posthorn::post
