#include "store/passkeys.h"

#include <algorithm>

#include "base/text.h"
#include "store/record/keys.h"

namespace posthorn::store {
namespace {

constexpr std::size_t most_passkeys = 20, longest_label = 200;

Result<AccountRecord> read(const Reader& reader, AccountId account) {
  TRY_ASSIGN(const auto bytes, reader.get(Space::account, key::of(account)));
  if (!bytes) return fail(Errc::not_found, "the account is gone");
  return decode_account(*bytes);
}

Task<Status> change(Store& store, AccountId account, std::function<Status(std::vector<PasskeyRecord>&)> with) {
  Work work = [account, &with](Transaction& tx) -> Status {
    TRY_ASSIGN(auto record, read(tx, account));
    TRY(with(record.passkeys));
    tx.put(Space::account, key::of(account), encode(record));
    return {};
  };
  co_return co_await store.transact(std::move(work));
}

}  // namespace

Result<std::vector<PasskeyRecord>> passkeys(const Store& store, AccountId account) {
  TRY_ASSIGN(auto record, read(*store.snapshot(), account));
  return std::move(record.passkeys);
}

Task<Status> add_passkey(Store& store, AccountId account, PasskeyRecord key) {
  std::function<Status(std::vector<PasskeyRecord>&)> with = [&key](std::vector<PasskeyRecord>& all) -> Status {
    if (key.label.empty()) return fail(Errc::invalid, "a passkey needs a label, such as the name of the device");
    if (key.label.size() > longest_label || printable(key.label) != key.label) return fail(Errc::invalid, "a label has at most 200 octets and no control characters", "Choose another");
    if (std::ranges::find(all, key.label, &PasskeyRecord::label) != all.end()) return fail(Errc::exists, "there is a passkey \"" + key.label + "\" already");
    if (std::ranges::find(all, key.credential, &PasskeyRecord::credential) != all.end()) return fail(Errc::exists, "this device has a passkey here already");
    if (all.size() >= most_passkeys) return fail(Errc::too_big, "there are 20 passkeys already", "Remove one first");
    all.push_back(key);
    return {};
  };
  co_return co_await change(store, account, std::move(with));
}

Task<Status> remove_passkey(Store& store, AccountId account, std::string label) {
  std::function<Status(std::vector<PasskeyRecord>&)> with = [&label](std::vector<PasskeyRecord>& all) -> Status {
    if (std::erase_if(all, [&label](const PasskeyRecord& one) { return one.label == label; }) == 0) return fail(Errc::not_found, "there is no passkey \"" + label + "\"");
    return {};
  };
  co_return co_await change(store, account, std::move(with));
}

Task<Status> use_passkey(Store& store, AccountId account, std::string credential, std::uint32_t counter) {
  const auto now = store.clock().now();
  std::function<Status(std::vector<PasskeyRecord>&)> with = [&, now, counter](std::vector<PasskeyRecord>& all) -> Status {
    const auto one = std::ranges::find(all, credential, &PasskeyRecord::credential);
    if (one == all.end()) return fail(Errc::refused, "the passkey is gone");
    if ((counter != 0 || one->counter != 0) && counter <= one->counter) return fail(Errc::refused, "the passkey's counter went back");
    one->counter = counter;
    one->used = now;
    return {};
  };
  co_return co_await change(store, account, std::move(with));
}

}  // namespace posthorn::store
