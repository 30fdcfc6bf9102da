// Domains, accounts and their passwords: who is here. Where mail goes: routes.cpp; how an account ends: removal.cpp.
#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/password.h"
#include "store/account_write.h"
#include "store/app_password_use.h"
#include "store/directory_rows.h"
#include "store/store.h"

namespace posthorn::store {
namespace {

constexpr std::size_t app_password_limit = 50, label_limit = 200;
constexpr std::string_view next_account_key = "next account";

struct FirstMailbox {
  const char* name;
  Role role;
};
// The order gives INBOX the id that inbox_id promises.
constexpr FirstMailbox first_mailboxes[] = {{"INBOX", Role::inbox}, {"Drafts", Role::drafts}, {"Sent", Role::sent},
                                            {"Junk", Role::junk},   {"Trash", Role::trash},   {"Archive", Role::archive}};

struct HashWork {
  const crypto::Keyring& keyring;
  std::string password;
  crypto::ScramSalt under{};
  Result<crypto::PasswordVerifiers> operator()() const { return keyring.hash_password(password, under); }
};

// What the passwords of an account share; new ones if there is no such account, or it has none.
Result<crypto::ScramSalt> scram_salt_of(const Reader& reader, std::string_view address) {
  TRY_ASSIGN(const auto id, find_account(reader, address));
  if (!id) return crypto::ScramSalt{};
  TRY_ASSIGN(const auto bytes, reader.get(Space::account, key::of(*id)));
  if (!bytes) return crypto::ScramSalt{};
  TRY_ASSIGN(const auto record, decode_account(*bytes));
  if (record.scram.iterations == 0) return crypto::ScramSalt{};
  return crypto::ScramSalt{record.scram.iterations, record.scram.salt};
}

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
  // rfc:9051#2.3.1.1 UIDVALIDITY rises with time, and above all that removed accounts had, so that an account made anew never has one
  // of its name's before.
  TRY_ASSIGN(const auto floor, uidvalidity_floor(tx));
  clock.next_uidvalidity = std::max(floor, static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()));
  clock.modseq = ModSeq{1};
  clock.states.fill(clock.modseq);
  Change change;
  for (const auto& [name, role] : first_mailboxes) {
    const MailboxId mailbox{clock.next_mailbox++};
    CountersRecord counters;
    counters.highestmodseq = clock.modseq;
    tx.put(Space::mailbox, key::of(id, mailbox), encode(MailboxRecord{name, role, true, UidValidity{clock.next_uidvalidity++}, 0}));
    tx.put(Space::counters, key::of(id, mailbox), encode(counters));
    change.mailboxes.push_back({mailbox, Change::How::created});
  }
  tx.put(Space::clock, account, encode(clock));
  tx.put(Space::log, key::of(id, clock.modseq), encode(change));
  return {};
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
  domain = canonical(domain);
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const bool there, is_domain(tx, domain));
    if (there) return fail(Errc::exists, "the domain " + domain + " is ours already");
    tx.put(Space::name, key::domain(domain), encode_number(0));
    return {};
  };
  co_return co_await transact(std::move(work));
}

Task<Status> Store::remove_domain(std::string domain) {
  domain = canonical(domain);
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

Result<bool> Store::has_domain(std::string_view domain) const { return is_domain(*engine_.snapshot(), domain); }

Task<Result<AccountId>> Store::add_account(std::string address, std::string password, std::string display_name, std::uint64_t quota_bytes) {
  address = canonical(address);
  auto good = check_password_text(password);
  if (!good) co_return fail(good.error());
  HashWork hash{keyring_, std::move(password)};
  auto hashed = co_await workers_.run(std::move(hash));
  if (!hashed) co_return fail(hashed.error());
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
    TRY_ASSIGN(record.key, keyring_.new_account_key(id));
    record.password = hashed->argon2id;
    record.scram = {hashed->iterations, hashed->salt, hashed->scram};
    return write_account(tx, id, record, clock_.now());
  };
  auto done = co_await transact(std::move(work));
  if (!done) co_return fail(done.error());
  co_return id;
}

namespace {

// attacks.md F6: who got in with the old password is out, in the commit that changes it.
Status end_web_sessions(Transaction& tx, AccountId account) {
  std::vector<std::string> keys;
  const auto prefix = key::of(account, DataType::web_session);
  TRY(tx.scan(Space::object, prefix, key::after(prefix), [&keys](std::string_view k, std::string_view) {
    keys.emplace_back(k);
    return true;
  }));
  for (const auto& k : keys) tx.erase(Space::object, k);
  return {};
}

}  // namespace

Task<Status> Store::change_account(std::string address, std::function<Status(AccountRecord&)> change, Sessions sessions) {
  AccountId touched{};
  Work work = [&](Transaction& tx) -> Status {
    TRY_ASSIGN(const auto id, find_account(tx, address));
    if (!id) return no_account(address);
    TRY_ASSIGN(const auto bytes, tx.get(Space::account, key::of(*id)));
    if (!bytes) return no_account(address);
    TRY_ASSIGN(auto record, decode_account(*bytes));
    TRY(change(record));
    tx.put(Space::account, key::of(*id), encode(record));
    TRY(keep_uses_of(tx, *id, record.app_passwords));
    touched = *id;
    return sessions == Sessions::end ? end_web_sessions(tx, *id) : Status{};
  };
  auto done = co_await transact(std::move(work));
  // Whoever is in looks whether that is still so.
  if (done) hub_.notify(touched);
  co_return done;
}

Task<Status> Store::set_password(std::string address, std::string password) {
  auto good = check_password_text(password);
  if (!good) co_return fail(good.error());
  auto salt = scram_salt_of(*engine_.snapshot(), address);
  if (!salt) co_return fail(salt.error());
  HashWork hash{keyring_, std::move(password), std::move(*salt)};
  auto hashed = co_await workers_.run(std::move(hash));
  if (!hashed) co_return fail(hashed.error());
  std::function<Status(AccountRecord&)> change = [&hashed](AccountRecord& record) -> Status {
    // Keys under another salt fit nothing: the account was made anew meanwhile.
    if (record.scram.salt != hashed->salt)
      for (auto& app : record.app_passwords) app.scram = {};
    record.password = hashed->argon2id;
    record.scram = {hashed->iterations, hashed->salt, hashed->scram};
    return {};
  };
  co_return co_await change_account(std::move(address), std::move(change), Sessions::end);
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
  auto salt = scram_salt_of(*engine_.snapshot(), address);
  if (!salt) co_return fail(salt.error());
  HashWork hash{keyring_, password, std::move(*salt)};
  auto hashed = co_await workers_.run(std::move(hash));
  if (!hashed) co_return fail(hashed.error());
  std::function<Status(AccountRecord&)> change = [&](AccountRecord& record) -> Status {
    if (label.empty()) return fail(Errc::invalid, "an app password needs a label, such as the name of the device");
    if (label.size() > label_limit || printable(label) != label) return fail(Errc::invalid, "a label has at most 200 octets and no control characters", "Choose another");
    if (record.app_passwords.size() >= app_password_limit) return fail(Errc::too_big, "there are 50 app passwords already", "Remove one first");
    if (std::ranges::find(record.app_passwords, label, &StoredAppPassword::label) != record.app_passwords.end())
      return fail(Errc::exists, "there is an app password \"" + label + "\" already");
    record.app_passwords.push_back({label, clock_.now(), hashed->argon2id, {}});
    if (record.scram.salt == hashed->salt) record.app_passwords.back().scram = hashed->scram;
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
  for (const auto& p : record.app_passwords) out.push_back({p.label, p.created, last_used(*reader, *id, p)});
  return out;
}

Result<std::vector<AccountInfo>> Store::accounts() const {
  std::vector<AccountId> ids;
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

}  // namespace posthorn::store
