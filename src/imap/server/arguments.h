// imap/server/arguments.h - arguments that several commands take: mailbox names, existing mailboxes, message sets, STATUS items.
// Called by the commands. Each gives the value, or the response that ends the command.
#pragma once

#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "imap/server/commands.h"

namespace posthorn::imap {

template <class T>
using Taken = std::expected<T, Response>;
inline std::unexpected<Response> refuse(Response response) { return std::unexpected<Response>(std::move(response)); }

// SP mailbox, as the store names it.
Taken<std::string> take_mailbox(Session& session, Cursor& in);
// The same, and nothing behind it: the only argument of a command.
Taken<std::string> take_only_mailbox(Session& session, Call& call);
Taken<store::Mailbox> find_mailbox(Session& session, const std::string& name);

// SP sequence-set: indices of the selected mailbox's rows.
Taken<std::vector<std::size_t>> take_messages(Session& session, Call& call);
std::vector<Uid> uids_of(const Selected& selected, const std::vector<std::size_t>& indices);

// What follows a command that takes no argument.
Taken<std::monostate> take_end(Call& call);

}  // namespace posthorn::imap
