// smtp/server/commands.h - the table of the server's commands: one line here, one file in smtp/command/.
#pragma once

#include <string_view>

#include "base/task.h"
#include "smtp/server/session.h"

namespace posthorn::smtp {

// rfc:2920#3.1 `last` commands end a pipelined group: the client must wait for their reply.
enum class Pipelining : std::uint8_t { may_follow, last };
// Commands that bring no message nearer; too many of them in a row end the session (attacks.md A16).
enum class Progress : std::uint8_t { some, none };

struct Command {
  std::string_view verb;
  Task<void> (*run)(Session& session, std::string_view arguments);
  Pipelining pipelining = Pipelining::may_follow;
  Progress progress = Progress::some;
};
// nullptr: unknown. Verbs are compared without case.
const Command* find_command(std::string_view verb);
// Verbs of HTTP: somebody else's protocol was sent to our port (attacks.md A19).
bool is_foreign_verb(std::string_view verb);

Task<void> helo(Session& session, std::string_view arguments);
Task<void> ehlo(Session& session, std::string_view arguments);
Task<void> mail(Session& session, std::string_view arguments);
Task<void> rcpt(Session& session, std::string_view arguments);
Task<void> data(Session& session, std::string_view arguments);
Task<void> bdat(Session& session, std::string_view arguments);
Task<void> rset(Session& session, std::string_view arguments);
Task<void> noop(Session& session, std::string_view arguments);
Task<void> quit(Session& session, std::string_view arguments);
Task<void> vrfy(Session& session, std::string_view arguments);
Task<void> expn(Session& session, std::string_view arguments);
Task<void> help(Session& session, std::string_view arguments);
Task<void> starttls(Session& session, std::string_view arguments);
Task<void> auth(Session& session, std::string_view arguments);

}  // namespace posthorn::smtp
