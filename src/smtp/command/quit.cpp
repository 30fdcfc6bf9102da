// smtp/command/quit.cpp - QUIT (RFC 5321 4.1.1.10). What the client sent after it is not read.
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> quit(Session& session, std::string_view) {
  session.say(221, "2.0.0", "Good bye");
  session.close_silently("QUIT");
  co_return;
}

}  // namespace posthorn::smtp
