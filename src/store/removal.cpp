// How an account ends. Its key goes first, in one commit with its name and clock: from then on nothing of the mail can be read and nobody
// can write to it, whatever is still on the disk. The rest is erased in batches, and a mark stands until it is done, so that
// collect_garbage() goes on where a crash cut it short.
#include <algorithm>

#include "store/account_write.h"
#include "store/app_password_use.h"
#include "store/directory_rows.h"
#include "store/known_networks.h"
#include "store/store.h"
#include "store/uploads.h"

namespace posthorn::store {
namespace {

constexpr std::size_t email_batch = 500, row_batch = 10'000, upload_batch = 50;  // well within the engine's 2 MB

Status shred(Transaction& tx, AccountId id, const std::string& address) {
  const auto account = key::of(id);
  TRY_ASSIGN(const auto clock_bytes, tx.get(Space::clock, account));
  if (clock_bytes) {
    TRY_ASSIGN(const auto clock, decode_clock(*clock_bytes));
    TRY_ASSIGN(const auto floor, uidvalidity_floor(tx));
    if (clock.next_uidvalidity > floor) tx.put(Space::node, uidvalidity_floor_key, encode_number(clock.next_uidvalidity));
  }
  tx.erase(Space::name, key::address(canonical(address)));
  tx.erase(Space::account, account);
  tx.erase(Space::clock, account);
  tx.put(Space::node, key::removed(id), encode_number(number(id)));
  return {};
}

Status erase_below(Transaction& tx, const std::string& prefix) {
  std::vector<std::string> keys;
  TRY(tx.scan(Space::node, prefix, key::after(prefix), [&keys](std::string_view k, std::string_view) {
    keys.emplace_back(k);
    return true;
  }));
  for (const auto& k : keys) tx.erase(Space::node, k);
  return {};
}

Result<std::vector<Entry>> first_rows(const Reader& reader, Space space, AccountId id, std::size_t limit) {
  std::vector<Entry> out;
  const auto account = key::of(id);
  TRY(reader.scan(space, account, key::after(account), [&](std::string_view k, std::string_view value) {
    out.push_back({std::string(k), std::string(value)});
    return out.size() < limit;
  }));
  return out;
}

// Emails let go of their blobs before their rows go, because the rows are what names the blobs.
Result<bool> erase_emails(Transaction& tx, AccountId id) {
  TRY_ASSIGN(const auto rows, first_rows(tx, Space::email, id, email_batch));
  for (const auto& [k, value] : rows) {
    tx.erase(Space::email, k);
    const auto record = decode_email(value);
    if (!record) continue;
    tx.erase(Space::blob_reference, key::of(record->blob) + key::owner(id, key::email_of(k)));
    TRY(erase_blob_if_unreferenced(tx, record->blob));
  }
  return rows.size() == email_batch;
}

Result<bool> erase_rows(Transaction& tx, Space space, AccountId id) {
  std::vector<std::string> keys;
  const auto account = key::of(id);
  TRY(tx.scan(space, account, key::after(account), [&keys](std::string_view k, std::string_view) {
    keys.emplace_back(k);
    return keys.size() < row_batch;
  }));
  for (const auto& k : keys) tx.erase(space, k);
  return keys.size() == row_batch;
}

// As do uploads.
Result<bool> erase_uploads(Transaction& tx, AccountId id) {
  std::vector<Entry> rows;
  const auto prefix = key::of(id, DataType::upload);
  TRY(tx.scan(Space::object, prefix, key::after(prefix), [&rows](std::string_view k, std::string_view value) {
    rows.push_back({std::string(k), std::string(value)});
    return rows.size() < upload_batch;
  }));
  for (const auto& [k, value] : rows) {
    static_cast<void>(release_upload(tx, id, key::object_of(k), value));  // a row that cannot be read names no blob
    tx.erase(Space::object, k);
  }
  return rows.size() == upload_batch;
}

Result<bool> erase_some(Transaction& tx, Space space, AccountId id) {
  if (space == Space::email) return erase_emails(tx, id);
  if (space != Space::object) return erase_rows(tx, space, id);
  TRY_ASSIGN(const bool more, erase_uploads(tx, id));
  if (more) return true;
  return erase_rows(tx, space, id);
}

}  // namespace

Task<Status> Store::remove_account(std::string address) {
  std::optional<AccountId> id;
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(id, find_account(tx, address));
    if (!id) return no_account(address);
    return shred(tx, *id, address);
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  hub_.notify(*id);
  co_return co_await erase_removed(*id);
}

Task<Status> Store::erase_removed(AccountId account, Duration rest) {
  for (const char space : std::string_view("emnuxkthloijf")) {
    for (bool more = true; more;) {
      Work work = [&](Transaction& tx) -> Status {
        TRY_ASSIGN(more, erase_some(tx, static_cast<Space>(space), account));
        return {};
      };
      auto done = co_await transact(std::move(work));
      if (!done) co_return fail(done.error());
      if (rest > Duration::zero()) co_await sleep(clock_, rest);
    }
  }
  Work forget = [account](Transaction& tx) -> Status {
    TRY(forget_networks(tx, account));
    TRY(keep_uses_of(tx, account, {}));
    TRY(erase_below(tx, key::auto_replies(account)));
    TRY(erase_below(tx, key::snoozes(account)));
    tx.erase(Space::node, key::removed(account));
    return {};
  };
  co_return co_await transact(std::move(forget));
}

}  // namespace posthorn::store
