#include "jmap/push/subscription.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/codec.h"
#include "crypto/bytes.h"
#include "jmap/web/sessions.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::jmap {
namespace {

constexpr std::uint8_t first_version = 1, with_app_password = 2, version = 3;
constexpr std::string_view purpose = "push subscription", row_prefix = "push subscription ";
constexpr std::uint64_t id_mask = (std::uint64_t{1} << 52) - 1;

std::string prefix_of(AccountId account) { return std::string(row_prefix) + store::key::of(account); }
std::string key_of(AccountId account, ObjectId id) {
  auto out = prefix_of(account);
  store::key::put_number(out, number(id), 8);
  return out;
}

std::unexpected<Error> unreadable() { return fail(Errc::corrupt, "a push subscription cannot be read"); }

std::string encode(const Subscription& s) {
  Encoder out;
  out.u8(version).string(s.url).string(s.keys.point).string(s.keys.auth).string(s.code).string(s.device).string(s.stamp).flag(s.verified);
  out.i64(s.expires.time_since_epoch().count()).flag(s.types.has_value()).u32(static_cast<std::uint32_t>(s.types ? s.types->size() : 0));
  if (s.types)
    for (const auto& type : *s.types) out.string(type);
  out.string(s.app_password).u64(number(s.session));
  return out.take();
}

// Each row with a key of its own, which is wrapped as those of the queue are: nobody needs to be logged in for a push either.
Result<std::string> seal(const Subscription& s, const crypto::Keyring& keyring, std::string_view at) {
  const auto key = crypto::random_bytes(32);
  TRY_ASSIGN(const auto wrapped, keyring.wrap_queue(key));
  Encoder out;
  out.string(wrapped).string(crypto::seal(key, encode(s), std::string(purpose) + std::string(at)));
  return out.take();
}

Result<Subscription> open(std::string_view at, std::string_view value, const crypto::Keyring& keyring) {
  Decoder outer(value);
  const auto wrapped = outer.string(), sealed = outer.string();
  if (!outer.finished()) return unreadable();
  TRY_ASSIGN(const auto key, keyring.unwrap_queue(wrapped));
  TRY_ASSIGN(const auto bytes, crypto::open(key, sealed, std::string(purpose) + std::string(at)));
  Decoder in(bytes);
  Subscription out;
  out.id = ObjectId{store::key::take_number(at, at.size() - 8, 8)};
  const auto written_as = in.u8();
  out.url = in.string();
  out.keys.point = in.string();
  out.keys.auth = in.string();
  out.code = in.string();
  out.device = in.string();
  out.stamp = in.string();
  out.verified = in.flag();
  out.expires = WallTime(std::chrono::milliseconds(in.i64()));
  const bool some = in.flag();
  std::vector<std::string> types;
  for (auto left = in.count(4); left > 0; --left) types.push_back(in.string());
  if (some) out.types = std::move(types);
  if (written_as >= with_app_password) out.app_password = in.string();
  if (written_as >= version) out.session = ObjectId{in.u64()};
  if (written_as < first_version || written_as > version || !in.finished()) return unreadable();
  return out;
}

// rfc:8620#7.2 "Should these credentials expire or be revoked, the push subscription MUST be destroyed": what opens the account now.
struct Credentials {
  std::map<std::string, std::string> stamps;  // of each password, by label, the account's own under ""; none: it is gone or locked
  std::vector<ObjectId> sessions;
};
Result<Credentials> credentials_of(const store::Reader& reader, AccountId account, WallTime now) {
  Credentials out;
  TRY_ASSIGN(const auto bytes, reader.get(store::Space::account, store::key::of(account)));
  if (!bytes) return out;
  TRY_ASSIGN(const auto record, store::decode_account(*bytes));
  if (!record.enabled) return out;
  out.stamps[""] = crypto::sha256(record.password).substr(0, 16);
  for (const auto& app : record.app_passwords) out.stamps[app.label] = crypto::sha256(app.verifier).substr(0, 16);
  TRY_ASSIGN(out.sessions, live_sessions(reader, account, now));
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> rows_of(const store::Reader& reader, const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> out;
  TRY(reader.scan(store::Space::node, prefix, store::key::after(prefix), [&out](std::string_view key, std::string_view value) {
    out.emplace_back(key, value);
    return true;
  }));
  return out;
}

bool is_good(const Subscription& one, const Credentials& good, WallTime now) {
  const auto stamp = good.stamps.find(one.app_password);
  const bool open = number(one.session) == 0 || std::ranges::find(good.sessions, one.session) != good.sessions.end();
  return open && stamp != good.stamps.end() && one.stamp == stamp->second && one.expires > now;
}

}  // namespace

std::string subscription_id(ObjectId id) {
  std::string out(17, 'P');
  const auto [end, error] = std::to_chars(out.data() + 1, out.data() + out.size(), number(id), 16);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

Result<std::vector<Subscription>> subscriptions_of(const store::Store& store, const crypto::Keyring& keyring, AccountId account, WallTime now) {
  const auto reader = store.snapshot();
  TRY_ASSIGN(const auto good, credentials_of(*reader, account, now));
  TRY_ASSIGN(const auto rows, rows_of(*reader, prefix_of(account)));
  std::vector<Subscription> out;
  for (const auto& [key, value] : rows) {
    auto one = open(key, value, keyring);
    if (one && is_good(*one, good, now)) out.push_back(std::move(*one));
  }
  return out;
}

Result<std::vector<AccountId>> subscribers(const store::Store& store) {
  TRY_ASSIGN(const auto rows, rows_of(*store.snapshot(), std::string(row_prefix)));
  std::vector<AccountId> out;
  for (const auto& [key, value] : rows) {
    const AccountId account{store::key::take_number(key, row_prefix.size(), 8)};
    if (out.empty() || out.back() != account) out.push_back(account);
  }
  return out;
}

Task<Result<ObjectId>> keep_subscription(store::Store& store, const crypto::Keyring& keyring, AccountId account, Subscription one) {
  store::Work work = [&](store::Transaction& tx) -> Status {
    if (number(one.id) == 0) {
      TRY_ASSIGN(const auto good, credentials_of(tx, account, store.clock().now()));
      const auto stamp = good.stamps.find(one.app_password);
      if (stamp == good.stamps.end()) return fail(Errc::not_found, "the login is over");
      one.stamp = stamp->second;
      one.id = ObjectId{(crypto::random_number() & id_mask) | 1};
    }
    const auto key = key_of(account, one.id);
    TRY_ASSIGN(const auto value, seal(one, keyring, key));
    tx.put(store::Space::node, key, value);
    return {};
  };
  auto done = co_await store.transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return one.id;
}

Task<Status> erase_subscription(store::Store& store, AccountId account, ObjectId id) {
  store::Work work = [&](store::Transaction& tx) -> Status {
    tx.erase(store::Space::node, key_of(account, id));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

Task<Status> erase_old_subscriptions(store::Store& store, const crypto::Keyring& keyring, AccountId account, WallTime now) {
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto good, credentials_of(tx, account, now));
    TRY_ASSIGN(const auto rows, rows_of(tx, prefix_of(account)));
    for (const auto& [key, value] : rows) {
      const auto one = open(key, value, keyring);
      if (!one || !is_good(*one, good, now)) tx.erase(store::Space::node, key);
    }
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

}  // namespace posthorn::jmap
