// JMAP objects that are no mail: identities, submissions and so on. Their values are their owners'; here they get ids, modseqs and a
// place in the change log.
#include "store/objects.h"

#include "store/account_write.h"
#include "store/store.h"

namespace posthorn::store {

Result<std::optional<Object>> read_object(const Reader& reader, AccountId account, DataType type, ObjectId id) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::object, key::of(account, type, id)));
  if (!bytes) return std::optional<Object>();
  TRY_ASSIGN(auto object, decode_object(*bytes, id));
  return std::optional(std::move(object));
}

Result<ModSeq> modseq_of(const Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::clock, key::of(account)));
  if (!bytes) return fail(Errc::not_found, "there is no such account");
  TRY_ASSIGN(const auto clock, decode_clock(*bytes));
  return clock.modseq;
}

Result<std::vector<ObjectId>> Store::write_objects(Transaction& tx, AccountId account, std::span<const ObjectWrite> writes) const {
  TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
  std::vector<ObjectId> ids;
  for (const auto& one : writes) {
    Object object;
    object.id = one.id;
    object.created = object.changed = write.modseq();
    auto how = Change::How::created;
    if (number(one.id) == 0) {
      if (!one.value) return fail(Errc::not_found, "there is no such object");
      object.id = ObjectId{write.clock().next_object++};
    } else {
      TRY_ASSIGN(const auto bytes, tx.get(Space::object, key::of(account, one.type, one.id)));
      if (!bytes) return fail(Errc::not_found, "there is no such object");
      TRY_ASSIGN(const auto before, decode_object(*bytes, one.id));
      object.created = before.created;
      how = one.value ? Change::How::changed : Change::How::destroyed;
    }
    const auto key = key::of(account, one.type, object.id);
    if (one.value) {
      object.value = *one.value;
      tx.put(Space::object, key, encode(object));
    } else {
      tx.erase(Space::object, key);
    }
    write.change().objects.push_back({one.type, object.id, how});
    ids.push_back(object.id);
  }
  if (!ids.empty()) TRY(write.finish());
  return ids;
}

Task<Result<Store::ObjectsWritten>> Store::write_objects(AccountId account, std::vector<ObjectWrite> writes) {
  ObjectsWritten out;
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(out.ids, write_objects(tx, account, writes));
    TRY_ASSIGN(const auto write, AccountWrite::begin(tx, account));
    out.modseq = ModSeq{number(write.modseq()) - 1};  // what the write above was given
    return {};
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(account);
  co_return out;
}

}  // namespace posthorn::store
