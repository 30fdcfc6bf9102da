#include "store/roles.h"

#include "store/record/keys.h"
#include "store/record/records.h"

namespace posthorn::store {

Result<std::optional<MailboxId>> mailbox_with_role(const Reader& reader, AccountId account, Role role) {
  std::optional<MailboxId> found;
  Status bad;
  const auto prefix = key::of(account);
  TRY(reader.scan(Space::mailbox, prefix, key::after(prefix), [&](std::string_view k, std::string_view value) {
    const auto record = decode_mailbox(value);
    if (!record) bad = fail(record.error());
    else if (record->role == role) found = key::mailbox_of(k);
    return bad.has_value() && !found;
  }));
  TRY(bad);
  return found;
}

}  // namespace posthorn::store
