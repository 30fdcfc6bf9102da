#include "store/mute.h"

#include <algorithm>

#include "store/account_write.h"
#include "store/roles.h"

namespace posthorn::store {
namespace {

// Strangers choose how long a thread is, so only so much of it is read.
constexpr std::size_t letters_read = 8, places_read = 8;

Result<bool> bears(AccountWrite& write, EmailId id, unsigned bit) {
  TRY_ASSIGN(const auto email, write.email(id));
  for (std::size_t i = 0; i < std::min(places_read, email.members.size()); ++i) {
    const auto& [mailbox, uid] = email.members[i];
    TRY_ASSIGN(const auto bytes, write.tx().get(Space::membership, key::of(write.account(), mailbox, uid)));
    if (!bytes) continue;
    TRY_ASSIGN(const auto row, decode_member(*bytes, uid));
    if (row.flags.has(bit)) return true;
  }
  return false;
}

Result<bool> joins_muted_thread(Transaction& tx, AccountId account, const Prepared& prepared) {
  TRY_ASSIGN(const auto bytes, tx.get(Space::keyword, key::of(account)));
  if (!bytes) return false;
  Keywords keywords;
  TRY_ASSIGN(keywords.names, decode_names(*bytes));
  const auto bit = keywords.bit(muted_keyword);
  if (!bit) return false;
  TRY_ASSIGN(auto write, AccountWrite::begin(tx, account));
  TRY_ASSIGN(const auto thread, thread_to_join(write, prepared.message_id, prepared.references, prepared.base_subject));
  if (!thread) return false;
  TRY_ASSIGN(const auto record, write.thread(*thread));
  std::size_t left = letters_read;
  for (auto at = record.emails.rbegin(); at != record.emails.rend() && left > 0; ++at, --left) {
    TRY_ASSIGN(const bool muted, bears(write, *at, *bit));
    if (muted) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<MailboxId>> place_if_muted(Transaction& tx, AccountId account, const Prepared& prepared) {
  TRY_ASSIGN(const bool muted, joins_muted_thread(tx, account, prepared));
  if (!muted) return std::optional<MailboxId>();
  return mailbox_with_role(tx, account, Role::archive);
}

}  // namespace posthorn::store
