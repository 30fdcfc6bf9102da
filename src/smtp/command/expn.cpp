// smtp/command/expn.cpp - EXPN (RFC 5321 4.1.1.7, 7.3): lists are not shown to anybody (attacks.md A15).
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> expn(Session& session, std::string_view) {
  session.say(502, "5.5.1", "EXPN is not offered");
  co_return;
}

}  // namespace posthorn::smtp
