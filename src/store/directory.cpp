// Domains, accounts and aliases: who is here, and where mail for an address goes.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/password.h"
#include "store/account_write.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t alias_depth = 8, alias_targets = 1000, app_password_limit = 50;
constexpr std::string_view next_account_key = "next account";
constexpr std::size_t erase_batch = 10'000;

struct FirstMailbox {
  const char* name;
  Role role;
};
// The order gives INBOX the id that inbox_id promises.
constexpr FirstMailbox first_mailboxes[] = {{"INBOX", Role::inbox}, {"Drafts", Role::drafts}, {"Sent", Role::sent},
                                            {"Junk", Role::junk},   {"Trash", Role::trash},   {"Archive", Role::archive}};

// Local-parts are compared without case here, as every mailbox provider does (RFC 5321 2.4 leaves it to the receiver).
std::string canonical(std::string_view address) { return to_lower(address); }

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

std::unexpected<Error> no_account(const std::string& address) {
  return fail(Errc::not_found, "there is no account " + address, "List them with: posthorn account list");
}

Result<std::optional<AccountId>> find_account(const Reader& reader, std::string_view address) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::address(canonical(address))));
  if (!bytes) return std::optional<AccountId>();
  TRY_ASSIGN(const auto id, decode_number(*bytes));
  return std::optional<AccountId>(AccountId{id});
}

Result<std::optional<std::vector<std::string>>> find_alias(const Reader& reader, std::string_view alias) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::alias(canonical(alias))));
  if (!bytes) return std::optional<std::vector<std::string>>();
  TRY_ASSIGN(auto targets, decode_names(*bytes));
  return std::optional<std::vector<std::string>>(std::move(targets));
}

Result<bool> is_domain(const Reader& reader, std::string_view domain) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::name, key::domain(domain)));
  return bytes.has_value();
}

Status need_domain(const Reader& reader, std::string_view address) {
  const std::string domain(domain_of(address));
  TRY_ASSIGN(const bool there, is_domain(reader, domain));
  if (!there) return fail(Errc::not_found, "the domain " + domain + " is not ours", "Add it first: posthorn domain add " + domain);
  return {};
}

struct NewAccount {
  std::string address, password, display_name;
  std::uint64_t quota = 0;
};

struct Hashed {
  std::string argon2id;
  crypto::ScramVerifier scram;
};

struct HashWork {
  std::string password;
  Hashed operator()() const { return Hashed{crypto::argon2id(password), crypto::scram_sha256(password)}; }
};

Status check_password_text(std::string_view password) {
  if (password.empty()) return fail(Errc::invalid, "the password is empty", "Choose one");
  if (password.size() > 1024) return fail(Errc::invalid, "the password is longer than 1024 bytes", "Choose a shorter one");
  if (password.contains('\0')) return fail(Errc::invalid, "the password has a NUL byte in it", "Choose another");
  return {};
}

Status write_account(Transaction& tx, AccountId id, const AccountRecord& record, WallTime now) {
  const auto account = key::of(id);
  tx.put(Space::account, account, encode(record));
  tx.put(Space::name, key::address(record.name), encode_number(number(id)));
  ClockRecord clock;
  // UIDVALIDITY rises with time, so that an account made anew never has that of one that was removed (RFC 9051 2.3.1.1).
  clock.next_uidvalidity = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  clock.modseq = ModSeq{1};
  Change change;
  for (const auto& [name, role] : first_mailboxes) {
    const MailboxId mailbox{clock.next_mailbox++};
    CountersRecord counters;
    counters.highestmodseq = clock.modseq;
    tx.put(Space::mailbox, key::of(id, mailbox), encode(MailboxRecord{name, role, true, UidValidity{clock.next_uidvalidity++}}));
    tx.put(Space::counters, key::of(id, mailbox), encode(counters));
    change.mailboxes.push_back(mailbox);
  }
  tx.put(Space::clock, account, encode(clock));
  tx.put(Space::log, key::of(id, clock.modseq), encode(change));
  return {};
}

// Follows one address; aliases put their targets on `work`.
struct Expansion {
  const Reader& reader;
  Route route;
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::size_t>> work;  // address, depth

  void add(AccountId account) {
    route.kind = Route::Kind::local;
    if (std::ranges::find(route.accounts, account) == route.accounts.end()) route.accounts.push_back(account);
  }
  void add_targets(const std::vector<std::string>& targets, std::size_t depth) {
    for (const auto& target : targets) work.emplace_back(target, depth + 1);
  }

  // True if the exact address is an account or alias.
  Result<bool> take_exact(const std::string& address, std::size_t depth) {
    TRY_ASSIGN(const auto account, find_account(reader, address));
    if (account) {
      add(*account);
      return true;
    }
    TRY_ASSIGN(const auto targets, find_alias(reader, address));
    if (targets) add_targets(*targets, depth);
    return targets.has_value();
  }

  Status take(const std::string& raw, std::size_t depth) {
    const auto address = canonical(raw);
    if (depth > alias_depth || !seen.insert(address).second || seen.size() > alias_targets) return {};
    const std::string domain(domain_of(address));
    TRY_ASSIGN(const bool ours, is_domain(reader, domain));
    if (!ours) {
      if (depth > 0) {
        route.kind = Route::Kind::local;
        route.forwards.push_back(raw);
      }
      return {};
    }
    if (depth == 0) route.kind = Route::Kind::unknown_user;
    TRY_ASSIGN(const bool exact, take_exact(address, depth));
    if (exact) return {};
    // rfc:5233#1 plus-addresses: alice+lists@example.org is alice's.
    const auto plus = address.find('+');
    if (plus != std::string::npos && plus > 0 && plus < address.size() - domain.size() - 1) {
      if (depth == 0) route.detail = address.substr(plus + 1, address.size() - domain.size() - 2 - plus);
      TRY_ASSIGN(const bool base, take_exact(address.substr(0, plus) + "@" + domain, depth));
      if (base) return {};
      route.detail.clear();
    }
    TRY_ASSIGN(const auto all, find_alias(reader, "@" + domain));
    if (all) add_targets(*all, depth);
    return {};
  }
};

Result<Route> expand(const Reader& reader, std::string_view address) {
  Expansion expansion{reader, {}, {}, {{std::string(address), 0}}};
  while (!expansion.work.empty()) {
    const auto [next, depth] = expansion.work.back();
    expansion.work.pop_back();
    TRY(expansion.take(next, depth));
  }
  return std::move(expansion.route);
}

std::string new_app_password() {
  constexpr std::string_view letters = "abcdefghijkmnopqrstuvwxyz";  // no l: it looks like 1
  std::string out;
  while (out.size() < 19) {
    if (out.size() % 5 == 4) out += '-';
    const auto byte = static_cast<unsigned char>(crypto::random_bytes(1)[0]);
    if (byte < 250) out += letters[byte % letters.size()];
  }
  return out;
}

}  // namespace

Task<Status> Store::add_domain(std::string domain) {
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const bool there, is_domain(tx, domain));
    if (there) return fail(Errc::exists, "the domain " + domain + " is ours already");
    tx.put(Space::name, key::domain(domain), encode_number(0));
    return {};
  };
  co_return co_await transact(std::move(work));
}

Task<Status> Store::remove_domain(std::string domain) {
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const bool there, is_domain(tx, domain));
    if (!there) return fail(Errc::not_found, "the domain " + domain + " is not ours", "List them with: posthorn domain list");
    std::string user;
    const auto look = [&](std::string_view k, std::string_view) {
      if (domain_of(k) == domain) user = k.substr(1);
      return user.empty();
    };
    TRY(tx.scan(Space::name, "u", "v", look));
    TRY(tx.scan(Space::name, "l", "m", look));
    if (!user.empty()) return fail(Errc::refused, "the domain " + domain + " is still in use by " + user, "Remove its accounts and aliases first");
    tx.erase(Space::name, key::domain(domain));
    return {};
  };
  co_return co_await transact(std::move(work));
}

Result<std::vector<std::string>> Store::domains() const {
  std::vector<std::string> out;
  TRY(engine_.snapshot()->scan(Space::name, "d", "e", [&out](std::string_view k, std::string_view) {
    out.emplace_back(k.substr(1));
    return true;
  }));
  return out;
}

Task<Result<AccountId>> Store::add_account(std::string address, std::string password, std::string display_name, std::uint64_t quota_bytes) {
  address = canonical(address);
  auto good = check_password_text(password);
  if (!good) co_return fail(good.error());
  HashWork hash{std::move(password)};
  auto hashed = co_await workers_.run(std::move(hash));
  AccountId id{};
  Work work = [&](Transaction& tx) -> Status {
    TRY(need_domain(tx, address));
    TRY_ASSIGN(const auto there, find_account(tx, address));
    TRY_ASSIGN(const auto alias, find_alias(tx, address));
    if (there || alias) return fail(Errc::exists, address + " is " + (there ? "an account" : "an alias") + " already");
    TRY_ASSIGN(const auto next, tx.get(Space::node, next_account_key));
    std::uint64_t value = 1;
    if (next) {
      TRY_ASSIGN(value, decode_number(*next));
    }
    id = AccountId{value};
    tx.put(Space::node, next_account_key, encode_number(value + 1));
    AccountRecord record;
    record.name = address;
    record.display_name = display_name;
    record.quota_bytes = quota_bytes;
    record.key = keyring_.new_account_key(id);
    record.password = hashed.argon2id;
    record.scram = hashed.scram;
    return write_account(tx, id, record, clock_.now());
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return id;
}

Task<Status> Store::change_account(std::string address, std::function<Status(AccountRecord&)> change) {
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto id, find_account(tx, address));
    if (!id) return no_account(address);
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(*id)));
    if (!bytes) return no_account(address);
    TRY_ASSIGN(auto record, decode_account(*bytes));
    TRY(change(record));
    tx.put(Space::account, key::of(*id), encode(record));
    return {};
  };
  co_return co_await transact(std::move(work));
}

// The key goes first, in one commit with the name: from then on nothing of the mail can be read, whatever is still on the disk.
Task<Status> Store::remove_account(std::string address) {
  auto found = find_account(*engine_.snapshot(), address);
  if (!found) co_return fail(found.error());
  if (!*found) co_return no_account(address);
  const auto id = **found;
  const auto account = key::of(id);
  std::vector<BlobId> blobs;
  Status bad;
  auto scanned = engine_.snapshot()->scan(Space::email, account, key::after(account), [&](std::string_view, std::string_view value) {
    auto record = decode_email(value);
    if (record) blobs.push_back(record->blob);
    return true;
  });
  if (!scanned) co_return fail(scanned.error());
  Work shred = [&](Transaction& tx) -> Status {
    tx.erase(Space::name, key::address(canonical(address)));
    tx.erase(Space::account, account);
    return {};
  };
  auto done = co_await transact(std::move(shred));
  if (!done) co_return fail(done.error());
  for (const char space : std::string_view("smnuexkthloij")) {
    for (bool more = true; more;) {
      Work erase = [&](Transaction& tx) -> Status {
        std::vector<std::string> keys;
        TRY(tx.scan(static_cast<Space>(space), account, key::after(account), [&keys](std::string_view k, std::string_view) {
          keys.emplace_back(k);
          return keys.size() < erase_batch;
        }));
        more = keys.size() == erase_batch;
        for (const auto& k : keys) tx.erase(static_cast<Space>(space), k);
        return {};
      };
      auto erased = co_await transact(std::move(erase));
      if (!erased) co_return fail(erased.error());
    }
  }
  for (const auto& blob : blobs) {
    Work let_go = [&](Transaction& tx) -> Status {
      const auto prefix = key::of(blob) + "a" + account;
      std::vector<std::string> keys;
      TRY(tx.scan(Space::blob_reference, prefix, key::after(prefix), [&keys](std::string_view k, std::string_view) {
        keys.emplace_back(k);
        return true;
      }));
      for (const auto& k : keys) tx.erase(Space::blob_reference, k);
      return erase_blob_if_unreferenced(tx, blob);
    };
    auto gone = co_await transact(std::move(let_go));
    if (!gone) co_return fail(gone.error());
  }
  hub_.notify(id);
  co_return Status{};
}

Task<Status> Store::set_password(std::string address, std::string password) {
  auto good = check_password_text(password);
  if (!good) co_return fail(good.error());
  HashWork hash{std::move(password)};
  auto hashed = co_await workers_.run(std::move(hash));
  std::function<Status(AccountRecord&)> change = [&hashed](AccountRecord& record) -> Status {
    record.password = hashed.argon2id;
    record.scram = hashed.scram;
    return {};
  };
  co_return co_await change_account(std::move(address), std::move(change));
}

Task<Status> Store::set_account(std::string address, std::optional<bool> enabled, std::optional<std::uint64_t> quota_bytes) {
  std::function<Status(AccountRecord&)> change = [&](AccountRecord& record) -> Status {
    if (enabled) record.enabled = *enabled;
    if (quota_bytes) record.quota_bytes = *quota_bytes;
    return {};
  };
  co_return co_await change_account(std::move(address), std::move(change));
}

Task<Result<std::string>> Store::add_app_password(std::string address, std::string label) {
  const auto password = new_app_password();
  HashWork hash{password};
  auto hashed = co_await workers_.run(std::move(hash));
  std::function<Status(AccountRecord&)> change = [&](AccountRecord& record) -> Status {
    if (label.empty()) return fail(Errc::invalid, "an app password needs a label, such as the name of the device");
    if (record.app_passwords.size() >= app_password_limit) return fail(Errc::too_big, "there are 50 app passwords already", "Remove one first");
    if (std::ranges::find(record.app_passwords, label, &StoredAppPassword::label) != record.app_passwords.end())
      return fail(Errc::exists, "there is an app password \"" + label + "\" already");
    record.app_passwords.push_back({label, clock_.now(), hashed.argon2id});
    return {};
  };
  auto done = co_await change_account(std::move(address), std::move(change));
  if (!done) co_return fail(done.error());
  co_return password;
}

Task<Status> Store::remove_app_password(std::string address, std::string label) {
  std::function<Status(AccountRecord&)> change = [&label](AccountRecord& record) -> Status {
    if (std::erase_if(record.app_passwords, [&label](const auto& p) { return p.label == label; }) == 0)
      return fail(Errc::not_found, "there is no app password \"" + label + "\"");
    return {};
  };
  co_return co_await change_account(std::move(address), std::move(change));
}

Result<std::vector<AppPassword>> Store::app_passwords(std::string_view address) const {
  const auto reader = engine_.snapshot();
  TRY_ASSIGN(const auto id, find_account(*reader, address));
  if (!id) return no_account(std::string(address));
  TRY_ASSIGN(const auto bytes, reader->get(Space::account, key::of(*id)));
  if (!bytes) return no_account(std::string(address));
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  std::vector<AppPassword> out;
  for (const auto& p : record.app_passwords) out.push_back({p.label, p.created});
  return out;
}

Result<std::vector<AccountInfo>> Store::accounts() const {
  std::vector<AccountId> ids;
  Status bad;
  TRY(engine_.snapshot()->scan(Space::account, "", "", [&ids](std::string_view k, std::string_view) {
    ids.push_back(key::account_of(k));
    return true;
  }));
  std::vector<AccountInfo> out;
  for (const auto id : ids)
    if (auto info = view(id).account()) out.push_back(std::move(*info));
  std::ranges::sort(out, {}, &AccountInfo::name);
  return out;
}

Result<std::optional<AccountInfo>> Store::account(std::string_view address) const {
  TRY_ASSIGN(const auto id, find_account(*engine_.snapshot(), address));
  if (!id) return std::optional<AccountInfo>();
  TRY_ASSIGN(auto info, view(*id).account());
  return std::optional<AccountInfo>(std::move(info));
}

Task<Status> Store::set_alias(std::string alias, std::vector<std::string> targets) {
  alias = canonical(alias);
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto known, find_alias(tx, alias));
    if (targets.empty()) {
      if (!known) return fail(Errc::not_found, "there is no alias " + alias, "List them with: posthorn alias list");
      tx.erase(Space::name, key::alias(alias));
      return {};
    }
    TRY(need_domain(tx, alias));
    if (targets.size() > alias_targets) return fail(Errc::too_big, "an alias can go to at most 1000 addresses");
    TRY_ASSIGN(const auto account, find_account(tx, alias));
    if (account) return fail(Errc::exists, alias + " is an account already");
    tx.put(Space::name, key::alias(alias), encode_names(targets));
    return {};
  };
  co_return co_await transact(std::move(work));
}

Result<std::vector<std::pair<std::string, std::vector<std::string>>>> Store::aliases() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  Status bad;
  TRY(engine_.snapshot()->scan(Space::name, "l", "m", [&](std::string_view k, std::string_view value) {
    auto targets = decode_names(value);
    if (targets) out.emplace_back(std::string(k.substr(1)), std::move(*targets));
    else bad = fail(targets.error());
    return bad.has_value();
  }));
  TRY(bad);
  return out;
}

Result<Route> Store::route(std::string_view address) const { return expand(*engine_.snapshot(), address); }

Result<bool> Store::owns(AccountId account, std::string_view address) const {
  TRY_ASSIGN(const auto found, route(address));
  return found.kind == Route::Kind::local && found.forwards.empty() && found.accounts == std::vector<AccountId>{account};
}

}  // namespace posthorn::store
