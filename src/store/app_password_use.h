// store/app_password_use.h - when each app password was last used, so that its owner can tell which are in use. Rows beside the account's
// record, because that is read with every login and changed seldom.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/store.h"

namespace posthorn::store {

struct AccountRecord;
struct StoredAppPassword;

std::optional<WallTime> last_used(const Reader& reader, AccountId account, const StoredAppPassword& one);
// Written once an hour at most; an error only means that the time stays as it was.
Task<Status> note_app_password_use(Store& store, AccountId account, std::string label);
// Erases the times of all others, so that another of the same name begins anew.
Status keep_uses_of(Transaction& tx, AccountId account, std::span<const StoredAppPassword> passwords);

}  // namespace posthorn::store
