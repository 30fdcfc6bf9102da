// imap/server/commands.h - the table of commands: one line here, one file in imap/command/.
#pragma once

#include <string_view>

#include "base/cursor.h"
#include "base/task.h"
#include "imap/server/session.h"

namespace posthorn::imap {

// One command as it was given.
struct Call {
  std::string_view tag;
  Cursor in;                            // behind the command's name
  Numbers by = Numbers::sequence;       // uid: it was "UID ..."
};

struct Command {
  std::string_view name;                // "UID FETCH" is a name of its own
  Task<Response> (*run)(Session& session, Call& call);
  unsigned states = 0;                  // of State
  Expunges expunges = Expunges::told;   // rfc:9051#7.5.1
  Numbers by = Numbers::sequence;
};

// Takes the name from the cursor. nullptr: there is no such command.
const Command* take_command(Cursor& in);

// A login that failed, by whichever command: logged, counted, and what the client hears of it.
Response login_refused(Session& session, const Error& error);

Task<Response> append(Session& session, Call& call);
Task<Response> authenticate(Session& session, Call& call);
Task<Response> capability(Session& session, Call& call);
Task<Response> check(Session& session, Call& call);
Task<Response> close(Session& session, Call& call);
Task<Response> copy(Session& session, Call& call);
Task<Response> create(Session& session, Call& call);
Task<Response> delete_mailbox(Session& session, Call& call);
Task<Response> enable(Session& session, Call& call);
Task<Response> examine(Session& session, Call& call);
Task<Response> expunge(Session& session, Call& call);
Task<Response> fetch(Session& session, Call& call);
Task<Response> id(Session& session, Call& call);
Task<Response> idle(Session& session, Call& call);
Task<Response> list(Session& session, Call& call);
Task<Response> login(Session& session, Call& call);
Task<Response> logout(Session& session, Call& call);
Task<Response> lsub(Session& session, Call& call);
Task<Response> move(Session& session, Call& call);
Task<Response> name_space(Session& session, Call& call);
Task<Response> noop(Session& session, Call& call);
Task<Response> rename(Session& session, Call& call);
Task<Response> search(Session& session, Call& call);
Task<Response> select(Session& session, Call& call);
Task<Response> starttls(Session& session, Call& call);
Task<Response> status(Session& session, Call& call);
Task<Response> store_flags(Session& session, Call& call);
Task<Response> subscribe(Session& session, Call& call);
Task<Response> unselect(Session& session, Call& call);
Task<Response> unsubscribe(Session& session, Call& call);

}  // namespace posthorn::imap
