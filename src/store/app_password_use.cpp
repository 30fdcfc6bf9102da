#include "store/app_password_use.h"

#include <algorithm>

#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr auto written_after = std::chrono::hours(1);

std::string key_of(AccountId account, std::string_view label) { return key::app_password_uses(account) + std::string(label); }

Result<std::vector<std::string>> rows_of(const Reader& reader, AccountId account) {
  std::vector<std::string> out;
  const auto prefix = key::app_password_uses(account);
  TRY(reader.scan(Space::node, prefix, key::after(prefix), [&out](std::string_view k, std::string_view) {
    out.emplace_back(k);
    return true;
  }));
  return out;
}

// False: what was used then was another of that name, which is gone.
bool was_made_before(const Reader& reader, AccountId account, std::string_view label, WallTime used) {
  const auto bytes = reader.get(Space::account, key::of(account));
  const auto record = bytes && *bytes ? decode_account(**bytes) : fail(Errc::not_found, "no such account");
  if (!record) return false;
  const auto one = std::ranges::find(record->app_passwords, label, &StoredAppPassword::label);
  return one != record->app_passwords.end() && one->created <= used;
}

}  // namespace

std::optional<WallTime> last_used(const Reader& reader, AccountId account, const StoredAppPassword& one) {
  const auto bytes = reader.get(Space::node, key_of(account, one.label));
  if (!bytes || !*bytes) return std::nullopt;
  const auto value = decode_number(**bytes);
  if (!value) return std::nullopt;
  const auto used = WallTime(std::chrono::milliseconds(*value));
  // Of another of that name, which is gone.
  return used < one.created ? std::nullopt : std::optional(used);
}

Task<Status> note_app_password_use(Store& store, AccountId account, std::string label) {
  const auto now = store.clock().now();
  {
    const auto reader = store.snapshot();
    const auto bytes = reader->get(Space::node, key_of(account, label));
    const auto value = bytes && *bytes ? decode_number(**bytes) : Result<std::uint64_t>(0);
    const auto used = WallTime(std::chrono::milliseconds(value.value_or(0)));
    if (now - used < written_after && was_made_before(*reader, account, label, used)) co_return Status{};
  }
  Work work = [account, now, &label](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(account)));
    if (!bytes) return {};
    TRY_ASSIGN(const auto record, decode_account(*bytes));
    TRY_ASSIGN(const auto rows, rows_of(tx, account));
    for (const auto& row : rows) {
      const auto of = row.substr(key::app_password_uses(account).size());
      if (std::ranges::find(record.app_passwords, of, &StoredAppPassword::label) == record.app_passwords.end()) tx.erase(Space::node, row);
    }
    tx.put(Space::node, key_of(account, label), encode_number(static_cast<std::uint64_t>(now.time_since_epoch().count())));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

Status forget_app_passwords(Transaction& tx, AccountId account) {
  TRY_ASSIGN(const auto rows, rows_of(tx, account));
  for (const auto& row : rows) tx.erase(Space::node, row);
  return {};
}

}  // namespace posthorn::store
