// Uploads: bytes that a client sent ahead of the Email that will use them, sealed like messages and held by a row of the account. They go
// after a day, with the account, or when the account keeps too many.
#include <algorithm>

#include "base/codec.h"
#include "store/account_write.h"
#include "store/blob_read.h"
#include "store/store.h"
#include "store/uploads.h"

namespace posthorn::store {
namespace {

constexpr auto kept_for = std::chrono::hours(24);
constexpr std::size_t most_uploads = 1000;                 // of an account at a time
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;  // of an account at a time

struct UploadRecord {
  BlobId blob{};
  std::string wrapped_key;
  std::uint64_t size = 0;
  WallTime expires{};
  std::string type;
};

std::string encode(const UploadRecord& r) {
  Encoder out;
  out.string(key::of(r.blob)).string(r.wrapped_key).u64(r.size);
  out.i64(r.expires.time_since_epoch().count()).string(r.type);
  return out.take();
}

Result<UploadRecord> decode_upload(std::string_view bytes) {
  Decoder in(bytes);
  UploadRecord r;
  const auto blob = in.string();
  r.wrapped_key = in.string();
  r.size = in.u64();
  r.expires = WallTime(std::chrono::milliseconds(in.i64()));
  r.type = in.string();
  if (!in.finished() || blob.size() != r.blob.bytes.size()) return fail(Errc::corrupt, "an upload cannot be read", "Upload it again");
  std::ranges::copy(blob, r.blob.bytes.begin());
  return r;
}

std::string owner(AccountId account, ObjectId id) { return "u" + key::of(account, DataType::upload, id); }

}  // namespace

Status release_upload(Transaction& tx, AccountId account, ObjectId id, std::string_view object_value) {
  TRY_ASSIGN(const auto object, decode_object(object_value, id));
  TRY_ASSIGN(const auto record, decode_upload(object.value));
  tx.erase(Space::blob_reference, key::of(record.blob) + owner(account, id));
  return erase_blob_if_unreferenced(tx, record.blob);
}

Task<Status> Store::drop_old_uploads(AccountId account) {
  for (bool more = true; more;) {
    Work work = [&](Transaction& tx) -> Status {
      more = false;
      std::vector<Entry> old;
      std::size_t count = 0;
      std::uint64_t bytes = 0;
      const auto prefix = key::of(account, DataType::upload);
      // The newest first, so that it is the oldest that go when there are too many.
      std::vector<Entry> all;
      TRY(tx.scan(Space::object, prefix, key::after(prefix), [&all](std::string_view k, std::string_view value) {
        all.push_back({std::string(k), std::string(value)});
        return true;
      }));
      for (auto one = all.rbegin(); one != all.rend(); ++one) {
        const auto object = decode_object(one->value, key::object_of(one->key));
        const auto record = object ? decode_upload(object->value) : fail(object.error());
        ++count;
        bytes += record ? record->size : 0;
        if (!record || record->expires <= clock_.now() || count > most_uploads || bytes > most_bytes) old.push_back(*one);
      }
      std::size_t done = 0;
      for (const auto& one : old) {
        if (++done > 50) {
          more = true;
          break;
        }
        // One that cannot be read holds no blob that could be named; its row goes all the same.
        static_cast<void>(release_upload(tx, account, key::object_of(one.key), one.value));
        tx.erase(Space::object, one.key);
      }
      return {};
    };
    auto done = co_await transact(std::move(work));
    if (!done) co_return fail(done.error());
  }
  co_return Status{};
}

Task<Result<ObjectId>> Store::keep_upload(AccountId account, std::shared_ptr<const Prepared> sealed, std::string type) {
  auto dropped = co_await drop_old_uploads(account);
  if (!dropped) co_return fail(dropped.error());
  auto staged = co_await stage(sealed);
  if (!staged) co_return fail(staged.error());
  ObjectId id{};
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto account_bytes, tx.get(Space::account, key::of(account)));
    if (!account_bytes) return fail(Errc::not_found, "there is no such account");
    TRY_ASSIGN(const auto account_record, decode_account(*account_bytes));
    UploadRecord record;
    record.blob = sealed->blob;
    record.size = sealed->size;
    record.expires = clock_.now() + kept_for;
    record.type = type;
    TRY_ASSIGN(record.wrapped_key, keyring_.wrap(account, account_record.key, sealed->data_key));
    const ObjectWrite write{DataType::upload, ObjectId{}, encode(record)};
    TRY_ASSIGN(const auto ids, write_objects(tx, account, std::span(&write, 1)));
    id = ids.front();
    TRY(put_blob(tx, *sealed));
    return add_blob_reference(tx, sealed->blob, owner(account, id));
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return id;
}

Result<std::optional<Upload>> View::upload(ObjectId id) const {
  TRY_ASSIGN(const auto found, object(DataType::upload, id));
  if (!found) return std::optional<Upload>();
  TRY_ASSIGN(const auto record, decode_upload(found->value));
  TRY_ASSIGN(const auto account_bytes, reader_->get(Space::account, key::of(account_)));
  if (!account_bytes) return std::optional<Upload>();
  TRY_ASSIGN(const auto account, decode_account(*account_bytes));
  TRY_ASSIGN(const auto data_key, keyring_.unwrap(account_, account.key, record.wrapped_key));
  TRY_ASSIGN(auto bytes, read_blob(*reader_, record.blob, data_key));
  return std::optional<Upload>(Upload{std::move(bytes), record.type});
}

}  // namespace posthorn::store
