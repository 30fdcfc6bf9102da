// CAPA, UTF8, LANG, NOOP (RFC 2449 5, 6856, 1939).
#include "base/text.h"
#include "pop3/session.h"
#include "sasl/server.h"

namespace posthorn::pop3 {

Task<void> capa(Session& session, std::string_view) {
  session.ok("this is what we can do");
  std::string& out = session.out;
  out += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nUTF8 USER\r\nLANG\r\nIMPLEMENTATION Posthorn\r\n";
  if (session.may_log_in()) {
    const auto& tls = session.stream->tls();
    out += "USER\r\nSASL";
    for (const auto mechanism : sasl::mechanisms(true, tls && !tls->exporter.empty())) out += " " + std::string(mechanism);
    out += "\r\n";
  }
  if (!session.stream->tls() && session.stream->offers_tls()) out += "STLS\r\n";
  out += ".\r\n";
  co_return;
}

// rfc:6856#2 messages are kept and sent as they came, so in UTF-8 mode nothing else is done.
Task<void> utf8(Session& session, std::string_view) {
  session.utf8 = true;
  session.ok("UTF-8 it is");
  co_return;
}

// rfc:6856#3
Task<void> lang(Session& session, std::string_view argument) {
  if (argument.empty()) {
    session.ok("languages");
    session.out += "en English\r\n.\r\n";
  } else if (argument == "*" || equal_icase(argument, "en")) {
    session.ok("en English it is");
  } else {
    session.err("[SYS/PERM] only English is spoken here");
  }
  co_return;
}

Task<void> noop(Session& session, std::string_view) {
  session.ok("still here");
  co_return;
}

}  // namespace posthorn::pop3
