// smtp/command/help.cpp - HELP (RFC 5321 4.1.1.8).
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> help(Session& session, std::string_view) {
  session.say(214, "2.0.0", "This is Posthorn. It knows EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY STARTTLS AUTH QUIT; see RFC 5321");
  co_return;
}

}  // namespace posthorn::smtp
