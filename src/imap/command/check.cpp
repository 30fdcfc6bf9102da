// imap/command/check.cpp - CHECK (RFC 3501 6.4.1). All is on disk when a command is answered, so there is nothing to do.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> check(Session&, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  co_return ok("Done");
}

}  // namespace posthorn::imap
