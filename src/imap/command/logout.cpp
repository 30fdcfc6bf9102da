// imap/command/logout.cpp - LOGOUT (RFC 9051 6.1.3).
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> logout(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  session.bye("Good bye", "logout");
  co_return ok("Done");
}

}  // namespace posthorn::imap
