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
    if (value && now - WallTime(std::chrono::milliseconds(*value)) < written_after) co_return Status{};
  }
  Work work = [account, now, &label](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(account)));
    if (!bytes) return {};
    TRY_ASSIGN(const auto record, decode_account(*bytes));
    // Taken back meanwhile: nothing stays of it.
    if (std::ranges::find(record.app_passwords, label, &StoredAppPassword::label) == record.app_passwords.end()) return {};
    tx.put(Space::node, key_of(account, label), encode_number(static_cast<std::uint64_t>(now.time_since_epoch().count())));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

Status keep_uses_of(Transaction& tx, AccountId account, std::span<const StoredAppPassword> passwords) {
  const auto prefix = key::app_password_uses(account).size();
  TRY_ASSIGN(const auto rows, rows_of(tx, account));
  for (const auto& row : rows)
    if (std::ranges::find(passwords, row.substr(prefix), &StoredAppPassword::label) == passwords.end()) tx.erase(Space::node, row);
  return {};
}

}  // namespace posthorn::store
