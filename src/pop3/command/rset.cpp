// RSET (rfc:1939#5).
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> rset(Session& session, std::string_view) {
  for (auto& message : session.messages) message.deleted = false;
  session.ok("nothing is marked any more");
  co_return;
}

}  // namespace posthorn::pop3
