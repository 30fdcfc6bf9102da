// store/mute.h - conversations of which their reader wants to hear no more: their letters bear the keyword $muted, and who delivers keeps what
// joins them out of the inbox.
#pragma once

#include "store/store.h"

namespace posthorn::store {

inline constexpr std::string_view muted_keyword = "$muted";

// Inside a transaction: where a message goes, with the keyword, that is about to join a muted thread: into the archive. Muted is a thread of which any
// of the last letters bears the keyword: the reader's own answers and copies of other programs may not. Nothing: it goes where all others go.
Result<std::optional<MailboxId>> place_if_muted(Transaction& tx, AccountId account, const Prepared& prepared);

}  // namespace posthorn::store
