// imap/command/namespace.cpp - NAMESPACE (RFC 9051 6.3.10): one personal one, none of others, none shared.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> name_space(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  session.untagged("NAMESPACE ((\"\" \"/\")) NIL NIL");
  co_return ok("Done");
}

}  // namespace posthorn::imap
