// UTF8 (rfc:6856#2.1): from now on messages go out as they came; before, their headers are made ASCII (pop3/surrogate.h).
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> utf8(Session& session, std::string_view) {
  session.utf8 = true;
  session.ok("UTF-8 it is");
  co_return;
}

}  // namespace posthorn::pop3
