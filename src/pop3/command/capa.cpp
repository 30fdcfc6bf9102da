// CAPA (rfc:2449#5).
#include "pop3/session.h"
#include "sasl/server.h"

namespace posthorn::pop3 {

// rfc:2595#4, rfc:6856#2 what is announced is the same before and after login. Ways to log in only where they would be taken.
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

}  // namespace posthorn::pop3
