#include "imap/server/response.h"

#include "base/text.h"

namespace posthorn::imap {

Response refusal_of(const Error& error) {
  switch (error.code) {
    case Errc::not_found: return no("NONEXISTENT", "There is no such mailbox");
    case Errc::exists: return no("ALREADYEXISTS", "There is one already");
    case Errc::refused: return no("CANNOT", "That is not possible with this mailbox");
    case Errc::over_quota: return no("OVERQUOTA", "There is no room for it: the account or the server's disk is full");
    case Errc::too_big: return no("LIMIT", "That is more than this server takes at once");
    case Errc::conflict: return no("INUSE", "Somebody else changed it meanwhile, try again");
    case Errc::invalid: return no("CANNOT", "That cannot be");
    case Errc::unsupported: return no("CANNOT", "That is not offered here");
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::closed: return no("UNAVAILABLE", "Not possible now, try again later");
    case Errc::io:
    case Errc::corrupt: return no("SERVERBUG", "The server's storage failed");
  }
  return no("SERVERBUG", "The server failed");
}

Response syntax_refusal(const Error& error) {
  auto text = printable(error.what, 200);
  switch (error.code) {
    case Errc::unsupported: return no("BADCHARSET (US-ASCII UTF-8)", std::move(text));
    case Errc::too_big: return no("LIMIT", std::move(text));
    default: return bad(std::move(text));
  }
}

}  // namespace posthorn::imap
