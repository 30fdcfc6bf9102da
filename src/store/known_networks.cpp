#include "store/known_networks.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "net/networks.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr auto known_for = std::chrono::days(30), written_after = std::chrono::days(1);
constexpr std::size_t most = 64;  // networks of an account; the oldest go

std::string key_of(AccountId account, std::string_view network) { return key::known_networks(account) + std::string(network); }

// The moment in the upper bits and, so that a new password ends it, a mark of the password's verifier in the lower.
constexpr std::uint64_t mark_bits = 20, mark_mask = (1u << mark_bits) - 1;
std::uint64_t mark_of(const AccountRecord& record) { return crypto::xxh3(record.password) & mark_mask; }
std::string row(const AccountRecord& record, WallTime now) {
  return encode_number(static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::seconds(1)) << mark_bits | mark_of(record));
}
WallTime moment_of(std::uint64_t value) { return WallTime(std::chrono::seconds(value >> mark_bits)); }

// Good until when; nothing: not known.
std::optional<WallTime> last_used(const Reader& reader, AccountId account, const AccountRecord& record, std::string_view network) {
  const auto bytes = reader.get(Space::node, key_of(account, network));
  if (!bytes || !*bytes) return std::nullopt;
  const auto value = decode_number(**bytes);
  if (!value || (*value & mark_mask) != mark_of(record)) return std::nullopt;
  return moment_of(*value);
}

// Room for one more.
Status prune(Transaction& tx, AccountId account, WallTime now) {
  std::vector<std::pair<WallTime, std::string>> rows;
  const auto prefix = key::known_networks(account);
  TRY(tx.scan(Space::node, prefix, key::after(prefix), [&rows](std::string_view k, std::string_view bytes) {
    const auto value = decode_number(bytes);
    rows.emplace_back(value ? moment_of(*value) : WallTime{}, k);
    return true;
  }));
  std::ranges::sort(rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (now - rows[i].first > known_for || i + most <= rows.size()) tx.erase(Space::node, rows[i].second);
  return {};
}

}  // namespace

std::string login_network(std::string_view address) { return std::string(net::bytes_of(net::networks_of(address)[1])); }

bool is_known_network(const Reader& reader, AccountId account, const AccountRecord& record, std::string_view network, WallTime now) {
  const auto used = last_used(reader, account, record, network);
  return used && now - *used <= known_for;
}

Task<Status> remember_network(Store& store, AccountId account, std::string network) {
  const auto now = store.clock().now();
  {
    const auto reader = store.snapshot();
    const auto bytes = reader->get(Space::account, key::of(account));
    if (!bytes || !*bytes) co_return fail(Errc::not_found, "the account is gone");
    const auto record = decode_account(**bytes);
    if (!record) co_return fail(record.error());
    const auto used = last_used(*reader, account, *record, network);
    if (used && now - *used < written_after) co_return Status{};
  }
  Work work = [account, now, &network](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(account)));
    if (!bytes) return {};
    TRY_ASSIGN(const auto record, decode_account(*bytes));
    TRY(prune(tx, account, now));
    tx.put(Space::node, key_of(account, network), row(record, now));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

Status forget_networks(Transaction& tx, AccountId account) {
  std::vector<std::string> keys;
  const auto prefix = key::known_networks(account);
  TRY(tx.scan(Space::node, prefix, key::after(prefix), [&keys](std::string_view k, std::string_view) {
    keys.emplace_back(k);
    return true;
  }));
  for (const auto& one : keys) tx.erase(Space::node, one);
  return {};
}

}  // namespace posthorn::store
