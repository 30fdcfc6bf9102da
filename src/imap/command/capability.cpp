// imap/command/capability.cpp - CAPABILITY (RFC 9051 6.1.1).
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> capability(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  session.untagged(session.capabilities());
  co_return ok("Done");
}

}  // namespace posthorn::imap
