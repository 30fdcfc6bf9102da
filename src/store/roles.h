// store/roles.h - which mailbox of an account plays a role. Reads the mailboxes' own rows and no counters, so that it suits transactions too.
#pragma once

#include <optional>

#include "store/store.h"

namespace posthorn::store {

Result<std::optional<MailboxId>> mailbox_with_role(const Reader& reader, AccountId account, Role role);

}  // namespace posthorn::store
