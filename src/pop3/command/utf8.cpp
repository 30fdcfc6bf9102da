// UTF8 (rfc:6856#2.1): the client can read internationalized headers. Messages go out as they came with and without it: a client that
// fetches and deletes must get every byte, as it does from every POP3 server in use; rfc:6856#2.1 would have headers made ASCII before.
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> utf8(Session& session, std::string_view) {
  session.utf8 = true;
  session.ok("UTF-8 it is");
  co_return;
}

}  // namespace posthorn::pop3
