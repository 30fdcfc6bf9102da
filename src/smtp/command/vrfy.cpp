// smtp/command/vrfy.cpp - VRFY (RFC 5321 3.5.3, 7.3): we say neither yes nor no, for names are what harvesters want (attacks.md A15).
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> vrfy(Session& session, std::string_view arguments) {
  if (arguments.empty()) session.say(501, "5.5.4", "Syntax: VRFY address");
  else session.say(252, "2.5.0", "Cannot tell; RCPT will say");
  co_return;
}

}  // namespace posthorn::smtp
