// STLS (rfc:2595#4).
// Security: attacks.md B1. Not a byte of the clear part reaches the TLS part: anything behind STLS ends the connection.
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> stls(Session& session, std::string_view) {
  if (session.stream->tls() || !session.stream->offers_tls()) {
    session.err(session.stream->tls() ? "TLS is there already" : "TLS is not to be had here");
    co_return;
  }
  if (session.utf8) {
    session.err("STLS comes before UTF8");  // rfc:6856#2.1
    co_return;
  }
  if (!session.client_is_silent()) {
    session.log.warn("pop3.injection", {{"client", session.stream->peer().address}});
    session.err("nothing may follow STLS");
    session.state = State::over;
    co_return;
  }
  session.ok("begin TLS");
  const bool written = co_await session.flush();
  if (!written) co_return;
  session.stream->deadline(session.patience(std::chrono::seconds(10)));  // attacks.md B8
  auto secured = co_await session.stream->start_tls_server();
  if (!secured) {
    session.log.info("pop3.tls_failed", {{"client", session.stream->peer().address}, {"why", secured.error().what}});
    session.state = State::over;
  }
  session.user.clear();  // rfc:2595#4 nothing learned in clear is kept
}

}  // namespace posthorn::pop3
