// store/mute.h - conversations of which their reader wants to hear no more: their letters bear the keyword $muted, and who delivers keeps what
// joins them out of the inbox.
#pragma once

#include "store/store.h"

namespace posthorn::store {

inline constexpr std::string_view muted_keyword = "$muted";

// Whether a message of the account bears it, or did once: else nobody needs to ask of a single letter.
Result<bool> mutes_at_all(const View& view);
// Inside a transaction: whether the message is about to join a thread that is muted. So is one of which any of the last letters bears the
// keyword: the reader's own answers and copies of other programs may not.
Result<bool> joins_muted_thread(Transaction& tx, AccountId account, const Prepared& prepared);

}  // namespace posthorn::store
