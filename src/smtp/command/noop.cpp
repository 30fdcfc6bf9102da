// smtp/command/noop.cpp - NOOP (RFC 5321 4.1.1.9): an answer and nothing else; its argument is ignored.
#include "smtp/server/commands.h"

namespace posthorn::smtp {

Task<void> noop(Session& session, std::string_view) {
  session.say(250, "2.0.0", "Ok");
  co_return;
}

}  // namespace posthorn::smtp
