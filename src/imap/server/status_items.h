// imap/server/status_items.h - the items of STATUS (RFC 9051 6.3.11, RFC 7162, 7889, 8474, 8438), for STATUS and LIST RETURN (STATUS).
#pragma once

#include <string>
#include <vector>

#include "imap/server/arguments.h"

namespace posthorn::imap {

enum class StatusItem : std::uint8_t { messages, recent, uidnext, uidvalidity, unseen, deleted, size, highestmodseq, appendlimit, mailboxid };

// "(" item *(SP item) ")"
Taken<std::vector<StatusItem>> take_status_items(Cursor& in);
// "* STATUS name (...)". Asking for HIGHESTMODSEQ enables CONDSTORE.
void append_status(Session& session, const store::Mailbox& mailbox, const std::vector<StatusItem>& items);

}  // namespace posthorn::imap
