// NOOP (rfc:1939#5).
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> noop(Session& session, std::string_view) {
  session.ok("still here");
  co_return;
}

}  // namespace posthorn::pop3
