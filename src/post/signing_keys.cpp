#include "post/signing_keys.h"

#include <algorithm>
#include <ctime>

#include "base/codec.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "mail/address.h"
#include "mail/message.h"
#include "store/record/keys.h"
#include "trust/dkim/dkim.h"

namespace posthorn::post {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view row_prefix = "signing key ";

// No domain and no selector holds a space.
std::string row_key(std::string_view domain, std::string_view selector) {
  return std::string(row_prefix) + std::string(domain) + " " + std::string(selector);
}
std::string purpose(std::string_view domain, std::string_view selector) { return "dkim " + std::string(domain) + " " + std::string(selector); }

std::string encode(const SigningKeyInfo& info, std::string_view wrapped) {
  Encoder out;
  out.u8(version).string(info.domain).string(info.selector).u8(static_cast<std::uint8_t>(info.kind)).u32(info.bits).u8(static_cast<std::uint8_t>(info.state));
  out.i64(info.created.time_since_epoch().count()).i64(info.changed.time_since_epoch().count()).string(info.record).string(wrapped);
  const auto sum = crypto::xxh3(out.bytes());
  return out.u64(sum).take();
}

WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

std::string month_of(WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm date{};
  gmtime_r(&seconds, &date);
  char out[8] = {};
  std::strftime(out, sizeof out, "%Y%m", &date);
  return out;
}

// Compared without white space: some DNS editors add it.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t') out += c;
  return out;
}

}  // namespace

struct SigningKeys::Row {
  SigningKeyInfo info;
  std::string wrapped;
  std::string bytes;
};

std::string_view name_of(KeyState state) {
  switch (state) {
    case KeyState::published: return "published";
    case KeyState::active: return "active";
    case KeyState::retired: return "retired";
  }
  return "retired";
}

Result<std::vector<SigningKeys::Row>> SigningKeys::rows(std::string_view domain) const {
  const auto from = std::string(row_prefix) + (domain.empty() ? std::string() : std::string(domain) + " ");
  std::vector<Row> out;
  Status good;
  const auto reader = store_.snapshot();
  auto scanned = reader->scan(store::Space::node, from, store::key::after(from), [&](std::string_view key, std::string_view value) {
    Row row;
    Decoder in(value.substr(0, value.size() < 8 ? 0 : value.size() - 8));
    const auto read_version = in.u8();
    auto& info = row.info;
    info.domain = in.string();
    info.selector = in.string();
    info.kind = in.u8() == 0 ? crypto::KeyKind::rsa : crypto::KeyKind::ed25519;
    info.bits = in.u32();
    const auto state = in.u8();
    info.state = static_cast<KeyState>(std::min<std::uint8_t>(state, 2));
    info.created = wall(in.i64());
    info.changed = wall(in.i64());
    info.record = in.string();
    row.wrapped = in.string();
    Decoder sum(value.substr(value.size() < 8 ? 0 : value.size() - 8));
    if (read_version != version || !in.finished() || state > 2 || sum.u64() != crypto::xxh3(value.substr(0, value.size() - 8))) {
      good = fail(Errc::corrupt, "the stored " + printable(key, 300) + " cannot be read", "Restore the data folder from a backup, or remove the key and make a new one");
      return false;
    }
    info.record_name = info.selector + "._domainkey." + info.domain;
    row.bytes = std::string(value);
    out.push_back(std::move(row));
    return true;
  });
  if (!scanned) return fail(scanned.error());
  if (!good) return fail(good.error());
  return out;
}

Result<std::vector<SigningKeyInfo>> SigningKeys::list(std::string_view domain) const {
  TRY_ASSIGN(auto all, rows(domain));
  std::vector<SigningKeyInfo> out;
  for (auto& row : all) out.push_back(std::move(row.info));
  return out;
}

Task<Result<SigningKeyInfo>> SigningKeys::add(std::string domain, std::string selector, crypto::SigningKey key) {
  auto checked = mail::parse_domain(domain);
  if (!checked) co_return fail(checked.error());
  selector = to_lower(selector);
  if (!dns::is_valid_name(selector + "._domainkey." + *checked))
    co_return fail(Errc::invalid, "\"" + printable(selector, 100) + "\" is no selector: it is made of letters, digits and hyphens");
  auto domains = store_.domains();
  if (!domains) co_return fail(domains.error());
  if (std::ranges::find(*domains, *checked) == domains->end())
    co_return fail(Errc::not_found, *checked + " is no domain of this server", "Add it with: posthorn domain add " + *checked);
  SigningKeyInfo info;
  info.domain = *checked;
  info.selector = selector;
  info.kind = key.kind();
  info.bits = key.bits();
  info.created = info.changed = store_.clock().now();
  info.record_name = selector + "._domainkey." + *checked;
  info.record = trust::dkim::key_record(key);
  auto wrapped = keyring_.wrap_signing_key(purpose(info.domain, info.selector), key);
  if (!wrapped) co_return fail(wrapped.error());
  const auto value = encode(info, *wrapped);
  const auto at = row_key(info.domain, info.selector);
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto there, tx.get(store::Space::node, at));
    if (there) return fail(Errc::exists, info.domain + " has a key with the selector " + info.selector + " already", "Name another selector");
    tx.put(store::Space::node, at, value);
    return {};
  };
  auto done = co_await store_.transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return info;
}

Task<Result<std::vector<SigningKeyInfo>>> SigningKeys::generate(std::string domain) {
  auto there = list(domain);
  if (!there) co_return fail(there.error());
  std::vector<SigningKeyInfo> out;
  const std::string base = "ph" + month_of(store_.clock().now());
  for (const auto kind : {crypto::KeyKind::rsa, crypto::KeyKind::ed25519}) {
    const std::string stem = base + (kind == crypto::KeyKind::rsa ? "r" : "e");
    std::string selector = stem;
    for (int n = 2; std::ranges::find(*there, selector, &SigningKeyInfo::selector) != there->end(); ++n) selector = stem + std::to_string(n);
    auto key = crypto::SigningKey::generate(kind);
    if (!key) co_return fail(key.error());
    auto added = co_await add(domain, selector, std::move(*key));
    if (!added) co_return fail(added.error());
    out.push_back(std::move(*added));
  }
  co_return out;
}

Task<Status> SigningKeys::set_state(std::string domain, std::string selector, KeyState state) {
  auto all = rows(domain);
  if (!all) co_return fail(all.error());
  const auto found = std::ranges::find_if(*all, [&selector](const Row& row) { return row.info.selector == selector; });
  if (found == all->end())
    co_return fail(Errc::not_found, domain + " has no key with the selector " + selector, "List them with: posthorn dkim list");
  Row row = std::move(*found);
  row.info.state = state;
  row.info.changed = store_.clock().now();
  const auto value = encode(row.info, row.wrapped);
  const auto at = row_key(domain, selector);
  store::Work work = [&](store::Transaction& tx) -> Status {
    TRY_ASSIGN(const auto now, tx.get(store::Space::node, at));
    if (!now || *now != row.bytes) return fail(Errc::conflict, "the key " + selector + " was changed meanwhile", "Try again");
    tx.put(store::Space::node, at, value);
    return {};
  };
  co_return co_await store_.transact(std::move(work));
}

Task<Status> SigningKeys::retire(std::string domain, std::string selector) { co_return co_await set_state(std::move(domain), std::move(selector), KeyState::retired); }

Task<Result<std::vector<KeySighting>>> SigningKeys::look(dns::Resolver& resolver, std::string domain) {
  auto all = list(domain);
  if (!all) co_return fail(all.error());
  std::vector<KeySighting> out;
  for (auto& info : *all) {
    if (info.state != KeyState::published) continue;
    auto answer = co_await resolver.resolve(info.record_name, dns::Type::txt);
    KeySighting sighting;
    for (const auto& record : answer.records) {
      const auto* txt = std::get_if<dns::Txt>(&record);
      if (txt != nullptr && squeezed(txt->text) == squeezed(info.record)) sighting.seen = true;
    }
    if (!sighting.seen)
      sighting.why = answer.outcome == dns::Outcome::failed ? "could not check: " + answer.why
                     : answer.records.empty()               ? "there is no TXT record at " + info.record_name + " yet"
                                                            : "the TXT record at " + info.record_name + " is another one";
    if (sighting.seen) {
      auto done = co_await set_state(info.domain, info.selector, KeyState::active);
      if (!done) co_return fail(done.error());
      info.state = KeyState::active;
      for (auto& older : *all) {
        const bool replaced = older.state == KeyState::active && older.domain == info.domain && older.kind == info.kind && older.selector != info.selector;
        if (!replaced) continue;
        auto retired = co_await set_state(older.domain, older.selector, KeyState::retired);
        if (!retired) co_return fail(retired.error());
        older.state = KeyState::retired;
      }
    }
    sighting.key = info;
    out.push_back(std::move(sighting));
  }
  co_return out;
}

Result<std::shared_ptr<const std::vector<Signer>>> SigningKeys::signers(std::string_view domain) const {
  const auto count = store_.commits_to(store::Space::node);
  {
    const std::lock_guard lock(mutex_);
    const auto known = cache_.find(domain);
    if (count && known != cache_.end() && known->second.signers && known->second.count == count) return known->second.signers;
  }
  TRY_ASSIGN(const auto all, rows(domain));
  std::string bytes;
  for (const auto& row : all) bytes += row.bytes;
  const std::lock_guard lock(mutex_);
  auto& cached = cache_[std::string(domain)];
  // Others are in that space too. That their rows changed is no reason to unwrap the keys again.
  cached.count = count;
  if (cached.signers && cached.rows == bytes) return cached.signers;
  auto made = std::make_shared<std::vector<Signer>>();
  for (const auto& row : all) {
    if (row.info.state != KeyState::active) continue;
    TRY_ASSIGN(auto key, keyring_.signing_key(purpose(row.info.domain, row.info.selector), row.wrapped));
    made->push_back(Signer{row.info.selector, std::move(key)});
  }
  cached.rows = std::move(bytes);
  cached.signers = made;
  return cached.signers;
}

Result<std::string> signatures(const SigningKeys& keys, std::string_view domain, std::string_view message, WallTime now) {
  TRY_ASSIGN(const auto signers, keys.signers(domain));
  std::string out;
  if (signers->empty()) return out;
  const auto parsed = mail::parse(message);
  for (const auto& signer : *signers) {
    trust::dkim::SignOptions options;
    options.domain = std::string(domain);
    options.selector = signer.selector;
    options.now = now;
    TRY_ASSIGN(const auto field, trust::dkim::sign(parsed, signer.key, options));
    out += field;
  }
  return out;
}

}  // namespace posthorn::post
