#include "post/queue/queue.h"

#include <algorithm>

namespace posthorn::post {
namespace {

using store::Space;

constexpr std::uint64_t inline_limit = 65'536;

struct ReadMessage {
  const Queue* queue;
  const Entry* entry;
  Result<std::string> operator()() const { return queue->message(*entry); }
};

std::string big_endian(std::uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string key_of(QueueId id) { return big_endian(number(id)); }

std::string due_key(const Entry& e) {
  return big_endian(static_cast<std::uint64_t>(std::max<std::int64_t>(0, e.due.time_since_epoch().count()))) + key_of(e.id);
}

}  // namespace

std::string reference_of(QueueId id) { return "q" + key_of(id); }

void put_new(store::Transaction& tx, const Entry& entry) {
  tx.put(Space::queue, key_of(entry.id), encode(entry));
  tx.put(Space::queue_due, due_key(entry), "");
}

Result<std::optional<Entry>> read(const store::Reader& reader, QueueId id) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::queue, key_of(id)));
  if (!bytes) return std::optional<Entry>();
  TRY_ASSIGN(auto entry, decode_entry(*bytes));
  return std::optional<Entry>(std::move(entry));
}

Status replace(const store::Store& store, store::Transaction& tx, const Entry& before, const Entry& after) {
  const auto due = due_key(before);
  if (after.done() && !after.held) {
    tx.erase(Space::queue_due, due);
    tx.erase(Space::queue, key_of(before.id));
    return store.remove_blob_reference(tx, before.blob, reference_of(before.id));
  }
  tx.put(Space::queue, key_of(after.id), encode(after));
  if (due == due_key(after)) return {};
  tx.erase(Space::queue_due, due);
  tx.put(Space::queue_due, due_key(after), "");
  return {};
}

Result<std::vector<Due>> Queue::due() const {
  std::vector<Due> out;
  TRY(store_.snapshot()->scan(Space::queue_due, "", "", [&out](std::string_view key, std::string_view) {
    if (key.size() != 16) return true;
    const auto at = static_cast<std::int64_t>(from_big_endian(key.substr(0, 8)));
    out.push_back(Due{WallTime(std::chrono::milliseconds(at)), QueueId{from_big_endian(key.substr(8))}});
    return true;
  }));
  return out;
}

Result<std::vector<Entry>> Queue::list(std::size_t limit) const {
  std::vector<Entry> out;
  TRY(store_.snapshot()->scan(Space::queue, "", "", [&](std::string_view, std::string_view value) {
    // A record that does not check must not hide the others (attacks.md A18); `posthorn verify` names it.
    if (auto entry = decode_entry(value)) out.push_back(std::move(*entry));
    return out.size() < limit;
  }));
  return out;
}

Result<std::optional<Entry>> Queue::find(QueueId id) const { return read(*store_.snapshot(), id); }

Result<std::string> Queue::message(const Entry& entry) const {
  store::Prepared blob;
  blob.blob = entry.blob;
  TRY_ASSIGN(blob.data_key, keyring_.unwrap_queue(entry.wrapped_key));
  return store_.blob(blob);
}

Task<Result<std::string>> Queue::read_message(const Entry& entry) const {
  if (entry.size <= inline_limit) co_return message(entry);
  ReadMessage read{this, &entry};
  co_return co_await store_.workers().run(std::move(read));
}

Task<Result<Entry>> Queue::update(QueueId id, Change change) {
  Entry after;
  const auto& store = store_;
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto before, read(tx, id));
    if (!before) return fail(Errc::not_found, "there is no message " + text_of(id) + " in the queue", "List them with: posthorn queue list");
    after = *before;
    change(after);
    return replace(store, tx, *before, after);
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return std::move(after);
}

Task<Status> Queue::hold(QueueId id, std::string because) {
  Change change = [&because](Entry& e) {
    e.held = true;
    e.held_because = because;
  };
  auto done = co_await update(id, std::move(change));
  if (!done) co_return fail(done.error());
  co_return Status{};
}

Task<Status> Queue::release_and_retry(QueueId id) {
  const auto now = store_.clock().now();
  Change change = [now](Entry& e) {
    e.held = false;
    e.held_because.clear();
    e.begun = 0;
    e.due = now;
    // Recipients that failed without anyone having been told get another chance.
    for (auto& r : e.recipients)
      if (r.state == RecipientState::failed && !r.reported) r.state = RecipientState::waiting;
  };
  auto done = co_await update(id, std::move(change));
  if (!done) co_return fail(done.error());
  co_return Status{};
}

Task<Status> Queue::drop(QueueId id) {
  Change change = [](Entry& e) {
    e.held = false;
    for (auto& r : e.recipients)
      if (r.state == RecipientState::waiting) r.state = RecipientState::failed;
  };
  auto done = co_await update(id, std::move(change));
  if (!done) co_return fail(done.error());
  co_return Status{};
}

}  // namespace posthorn::post
