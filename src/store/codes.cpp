#include "store/codes.h"

#include <algorithm>

#include "crypto/bytes.h"
#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {
namespace {

constexpr std::size_t recovery_codes = 10, recovery_letters = 16;  // of 25: 74 bits, so that a plain HMAC keeps them
constexpr std::string_view letters = "abcdefghijkmnopqrstuvwxyz";  // no l: it looks like 1

std::unexpected<Error> gone() { return fail(Errc::not_found, "the account is gone"); }

Result<AccountRecord> read(const Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::account, key::of(account)));
  if (!bytes) return gone();
  return decode_account(*bytes);
}

std::string new_recovery_code() {
  std::string out;
  while (out.size() < recovery_letters + 3) {
    if (out.size() % 5 == 4) out += '-';
    const auto byte = static_cast<unsigned char>(crypto::random_bytes(1)[0]);
    if (byte < 250) out += letters[byte % letters.size()];
  }
  return out;
}

// As people type it: any case, with or without its hyphens.
std::string plain(std::string_view code) {
  std::string out;
  for (const char c : code)
    if (c != '-' && c != ' ') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string mark_of(const crypto::Keyring& keyring, AccountId account, std::string_view code) { return keyring.pseudonym("recovery code", key::of(account) + plain(code)); }

std::vector<std::string> make_recovery(const crypto::Keyring& keyring, AccountId account, std::vector<std::string>& shown) {
  std::vector<std::string> marks;
  for (std::size_t i = 0; i < recovery_codes; ++i) {
    shown.push_back(new_recovery_code());
    marks.push_back(mark_of(keyring, account, shown.back()));
  }
  return marks;
}

Task<Status> change(Store& store, AccountId account, std::function<Status(AccountRecord&)> with) {
  Work work = [account, &with](Transaction& tx) -> Status {
    TRY_ASSIGN(auto record, read(tx, account));
    TRY(with(record));
    tx.put(Space::account, key::of(account), encode(record));
    return {};
  };
  auto done = co_await store.transact(std::move(work));
  // With codes on, the own password opens mail apps no more: whoever is in looks whether that concerns them.
  if (done) store.hub().notify(account);
  co_return done;
}

}  // namespace

Result<CodesState> codes_state(const Store& store, AccountId account) {
  TRY_ASSIGN(const auto record, read(*store.snapshot(), account));
  return CodesState{!record.codes.secret.empty(), record.codes.recovery.size()};
}

Task<Result<std::string>> begin_codes(Store& store, const crypto::Keyring& keyring, AccountId account) {
  auto made = keyring.new_code_secret(account);
  if (!made) co_return fail(made.error());
  std::function<Status(AccountRecord&)> with = [&made](AccountRecord& record) -> Status {
    record.codes.pending = made->sealed;
    return {};
  };
  auto done = co_await change(store, account, std::move(with));
  if (!done) co_return fail(done.error());
  co_return std::move(made->shown);
}

Task<Result<std::vector<std::string>>> confirm_codes(Store& store, const crypto::Keyring& keyring, AccountId account, std::string code) {
  auto before = read(*store.snapshot(), account);
  if (!before) co_return fail(before.error());
  if (before->codes.pending.empty()) co_return fail(Errc::not_found, "no new secret was asked for", "Begin again");
  auto step = keyring.code_step(account, before->codes.pending, code, store.clock().now());
  if (!step) co_return fail(step.error());
  if (!*step) co_return fail(Errc::refused, "this is not the code that belongs to the new secret now", "Look at the clocks of the server and of the device");
  std::vector<std::string> shown;
  const auto marks = make_recovery(keyring, account, shown);
  std::function<Status(AccountRecord&)> with = [&](AccountRecord& record) -> Status {
    if (record.codes.pending != before->codes.pending) return fail(Errc::conflict, "another secret was asked for meanwhile", "Begin again");
    record.codes = CodesRecord{record.codes.pending, {}, **step, marks};
    return {};
  };
  auto done = co_await change(store, account, std::move(with));
  if (!done) co_return fail(done.error());
  co_return shown;
}

Task<Result<std::vector<std::string>>> new_recovery_codes(Store& store, const crypto::Keyring& keyring, AccountId account) {
  std::vector<std::string> shown;
  const auto marks = make_recovery(keyring, account, shown);
  std::function<Status(AccountRecord&)> with = [&marks](AccountRecord& record) -> Status {
    if (record.codes.secret.empty()) return fail(Errc::not_found, "the account has no one-time codes");
    record.codes.recovery = marks;
    return {};
  };
  auto done = co_await change(store, account, std::move(with));
  if (!done) co_return fail(done.error());
  co_return shown;
}

Task<Status> end_codes(Store& store, AccountId account) {
  std::function<Status(AccountRecord&)> with = [](AccountRecord& record) -> Status {
    record.codes = CodesRecord{};
    return {};
  };
  co_return co_await change(store, account, std::move(with));
}

Task<Result<bool>> use_code(Store& store, const crypto::Keyring& keyring, AccountId account, std::string code) {
  auto before = read(*store.snapshot(), account);
  if (!before) co_return fail(before.error());
  if (before->codes.secret.empty() || code.empty() || code.size() > 64) co_return false;
  auto step = keyring.code_step(account, before->codes.secret, code, store.clock().now());
  if (!step) co_return fail(step.error());
  const auto mark = mark_of(keyring, account, code);
  bool good = false;
  std::function<Status(AccountRecord&)> with = [&](AccountRecord& record) -> Status {
    good = false;
    if (record.codes.secret != before->codes.secret) return {};
    if (*step) {
      good = **step > record.codes.last_step;
      if (good) record.codes.last_step = **step;
    } else {
      good = std::erase(record.codes.recovery, mark) > 0;
    }
    return {};
  };
  // What is no code writes nothing.
  if (!*step && std::ranges::find(before->codes.recovery, mark) == before->codes.recovery.end()) co_return false;
  auto done = co_await change(store, account, std::move(with));
  if (!done) co_return fail(done.error());
  co_return good;
}

}  // namespace posthorn::store
