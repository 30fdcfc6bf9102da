// What the server can do, as CAPABILITY, the greeting and the OK of a login say it. Only what is really done stands here.
#include "imap/server/session.h"
#include "sasl/server.h"

namespace posthorn::imap {

std::string Session::capabilities() const {
  std::string list = "CAPABILITY IMAP4rev1 IMAP4rev2 SASL-IR LITERAL- ID ENABLE";
  if (!login) {
    if (!stream->tls() && stream->offers_tls()) list += " STARTTLS";
    // attacks.md B4: no password goes over a connection that others can read.
    if (!may_log_in()) list += " LOGINDISABLED";
    const bool binding = stream->tls() && !stream->tls()->exporter.empty();
    for (const auto mechanism : sasl::mechanisms(may_log_in(), binding)) list.append(" AUTH=").append(mechanism);
  }
  list += " IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE ESEARCH SEARCHRES"
          " WITHIN CONDSTORE BINARY UTF8=ACCEPT STATUS=SIZE OBJECTID PREVIEW SAVEDATE";
  return list + " APPENDLIMIT=" + std::to_string(options.append_limit);
}

}  // namespace posthorn::imap
