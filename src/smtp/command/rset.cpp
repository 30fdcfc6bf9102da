// smtp/command/rset.cpp - RSET (RFC 5321 4.1.1.5): the transaction ends without a message.
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> rset(Session& session, std::string_view arguments) {
  if (!arguments.empty()) {
    session.say(501, "5.5.4", "RSET takes no argument");
    co_return;
  }
  session.reset_transaction();
  session.say(250, "2.0.0", "Reset");
}

}  // namespace posthorn::smtp
