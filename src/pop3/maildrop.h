// pop3/maildrop.h - what the commands of the transaction state share. Inside pop3/ only.
#pragma once

#include <optional>

#include "pop3/session.h"

namespace posthorn::pop3 {

void no_such_message(Session& session);

// LIST and UIDL (rfc:1939#5, #7): "n text" of one message, or of all that are not marked.
using Describe = std::string (*)(const Session&, const DropMessage&);
Task<void> list_messages(Session& session, std::string_view argument, Describe describe);

// RETR and TOP: the message, or `lines` lines of its body.
Task<void> send_message(Session& session, const DropMessage& message, std::optional<std::uint32_t> lines);

}  // namespace posthorn::pop3
