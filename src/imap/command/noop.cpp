// imap/command/noop.cpp - NOOP (RFC 9051 6.1.2): what is new is told before its answer, as with every command.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> noop(Session&, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  co_return ok("Done");
}

}  // namespace posthorn::imap
