#include "jmap/web/sessions.h"

#include <charconv>
#include <span>

#include "base/codec.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "store/logins.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::jmap {
namespace {

constexpr auto idle_time = std::chrono::hours(24 * 14);
constexpr auto longest = std::chrono::hours(24 * 90);
constexpr auto touch_after = std::chrono::hours(1);  // so that reading mail does not write
constexpr std::size_t most_sessions = 50;            // of an account; the oldest goes

struct Record {
  std::string token_hash;
  WallTime created{}, used{};
  std::string agent, address;
};

std::int64_t ms(WallTime time) { return time.time_since_epoch().count(); }
WallTime from_ms(std::int64_t value) { return WallTime(std::chrono::milliseconds(value)); }

std::string encode(const Record& r) {
  Encoder out;
  out.string(r.token_hash).i64(ms(r.created)).i64(ms(r.used)).string(r.agent).string(r.address);
  return out.take();
}

std::optional<Record> decode(std::string_view bytes) {
  Decoder in(bytes);
  Record r;
  r.token_hash = in.string();
  r.created = from_ms(in.i64());
  r.used = from_ms(in.i64());
  r.agent = in.string();
  r.address = in.string();
  if (!in.finished()) return std::nullopt;
  return r;
}

bool is_over(const Record& r, WallTime now) { return now - r.used > idle_time || now - r.created > longest; }

// "A1f.2a.TOKEN": where to look, and what must hash to what stands there.
struct Cookie {
  AccountId account{};
  ObjectId id{};
  std::string token;
};

std::optional<Cookie> read_cookie(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 3) return std::nullopt;
  const auto account = account_of(parts[0]);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), id, 16);
  auto token = unhex(parts[2]);
  if (!account || error != std::errc() || end != parts[1].data() + parts[1].size() || !token || token->size() != 32) return std::nullopt;
  return Cookie{*account, ObjectId{id}, std::move(*token)};
}

std::string hex_of(std::uint64_t value) {
  std::string out(16, '0');
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value, 16);
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

}  // namespace

Task<Result<std::string>> begin_session(const Services& services, sasl::Login login, std::string agent, std::string address) {
  const auto now = services.clock.now();
  std::vector<store::ObjectWrite> writes;
  {
    const auto view = services.store.view(login.account);
    auto all = view.objects(store::DataType::web_session);
    if (!all) co_return fail(all.error());
    for (std::size_t i = 0; i < all->size(); ++i) {
      const auto record = decode((*all)[i].value);
      const bool too_many = all->size() - i >= most_sessions;
      if (!record || is_over(*record, now) || too_many) writes.push_back({store::DataType::web_session, (*all)[i].id, std::nullopt});
    }
  }
  const auto token = crypto::random_bytes(32);
  writes.push_back({store::DataType::web_session, ObjectId{}, encode(Record{crypto::sha256(token), now, now, printable(agent, 200), std::move(address)})});
  std::vector<ObjectId> ids;
  // A new password ends all sessions in its commit, so one that the old password opens must not be begun by a later commit.
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto opens, store::still_opens(tx, login));
    if (!opens) return fail(Errc::refused, "the password was changed, or the account disabled, while it was checked");
    TRY_ASSIGN(ids, services.store.write_objects(tx, login.account, writes));
    return {};
  };
  auto written = co_await services.store.transact(std::move(work));
  if (!written) co_return fail(written.error());
  services.store.committed(std::span(&login.account, 1));
  co_return account_text(login.account) + "." + hex_of(number(ids.back())) + "." + hex(token);
}

Task<Result<std::optional<FoundSession>>> find_session(const Services& services, std::string_view text) {
  const auto cookie = read_cookie(text);
  if (!cookie) co_return std::optional<FoundSession>();
  const auto now = services.clock.now();
  std::optional<Record> record;
  FoundSession out;
  {
    const auto view = services.store.view(cookie->account);
    auto found = view.object(store::DataType::web_session, cookie->id);
    if (!found) co_return fail(found.error());
    if (*found) record = decode((*found)->value);
    if (!record || is_over(*record, now) || !crypto::equal_constant_time(record->token_hash, crypto::sha256(cookie->token))) co_return std::optional<FoundSession>();
    auto account = view.account();
    if (!account || !account->enabled) co_return std::optional<FoundSession>();
    out = FoundSession{sasl::Login{account->id, account->name}, cookie->id};
  }
  if (now - record->used > touch_after) {
    record->used = now;
    std::vector<store::ObjectWrite> writes;
    writes.push_back({store::DataType::web_session, cookie->id, encode(*record)});
    // It may have ended meanwhile; then this is its last request.
    static_cast<void>(co_await services.store.write_objects(cookie->account, std::move(writes)));
  }
  co_return std::optional<FoundSession>(std::move(out));
}

std::pair<std::string, std::string> cookie_field(std::string_view value) {
  return {"Set-Cookie", std::string(session_cookie) + "=" + std::string(value) + "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + (value.empty() ? "0" : "7776000")};
}

Task<Status> end_session(const Services& services, AccountId account, ObjectId id) {
  std::vector<store::ObjectWrite> writes;
  writes.push_back({store::DataType::web_session, id, std::nullopt});
  auto written = co_await services.store.write_objects(account, std::move(writes));
  if (!written && written.error().code != Errc::not_found) co_return fail(written.error());
  co_return Status{};
}

Result<std::vector<WebSession>> sessions_of(const Services& services, AccountId account) {
  TRY_ASSIGN(const auto all, services.store.view(account).objects(store::DataType::web_session));
  std::vector<WebSession> out;
  for (const auto& one : all) {
    const auto record = decode(one.value);
    if (record && !is_over(*record, services.clock.now())) out.push_back(WebSession{one.id, record->created, record->used, record->agent, record->address});
  }
  return out;
}

Result<std::vector<ObjectId>> live_sessions(const store::Reader& reader, AccountId account, WallTime now) {
  std::vector<ObjectId> out;
  const auto prefix = store::key::of(account, store::DataType::web_session);
  TRY(reader.scan(store::Space::object, prefix, store::key::after(prefix), [&](std::string_view key, std::string_view value) {
    const auto object = store::decode_object(value, store::key::object_of(key));
    const auto record = object ? decode(object->value) : std::nullopt;
    if (record && !is_over(*record, now)) out.push_back(object->id);
    return true;
  }));
  return out;
}

}  // namespace posthorn::jmap
