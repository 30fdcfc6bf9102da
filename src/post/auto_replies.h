// post/auto_replies.h - the answers of those who are away (post/vacation.h) to one message that is being delivered: found before the commit,
// written in it, so that a letter is answered exactly if it is in the mailbox, and nobody is answered twice after a crash. Called by Handover.
// Security: attacks.md A13: a forged sender must not make us write to a third person: only proved senders get an answer (RFC 3834 4). Each
// gets one in seven days from an account (RFC 5230 4.2), an account gives 500 in 24 hours.
#pragma once

#include <string>
#include <vector>

#include "post/options.h"
#include "smtp/types.h"
#include "store/store.h"

namespace posthorn::post {

struct AutoReply {
  AccountId account{};     // who is away
  mail::Address to;        // the reverse-path of what is answered
  std::uint64_t mark = 0;  // of the text: with another one everybody is answered again
  std::string message;     // signed for its author's domain, where that has keys
};

struct AutoReplies {
  std::vector<AutoReply> made;
  std::vector<Error> failed;  // of accounts that may be away, for the log: theirs are not made, and no letter waits for them
};
// Who of `accounts` answers `message` (as it is kept). Fast if nobody is away.
AutoReplies auto_replies(store::Store& store, const crypto::Keyring& keyring, const Options& options, const smtp::MailFrom& from,
                         const std::vector<AccountId>& accounts, std::string_view message);

// In the transaction that delivers: whether this one goes out, which is then remembered.
Result<bool> take_turn(store::Transaction& tx, const AutoReply& one, WallTime now);

}  // namespace posthorn::post
