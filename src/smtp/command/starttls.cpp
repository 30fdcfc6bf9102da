// smtp/command/starttls.cpp - STARTTLS (RFC 3207).
// Security: attacks.md B1. Not a byte of the clear part reaches the TLS part: the session has closed already if the client sent
// anything behind this command, and all that was said before the handshake is forgotten.
#include "smtp/grammar/parsed.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

std::optional<Reply> refuse_now(const Session& session, std::string_view arguments) {
  if (!arguments.empty()) return make_reply(501, "5.5.4", "STARTTLS takes no argument");
  if (session.peer.tls) return make_reply(503, "5.5.1", "TLS is on already");
  if (!session.stream->offers_tls()) return make_reply(502, "5.5.1", "TLS is not offered");
  if (session.peer.helo.empty()) return make_reply(503, "5.5.1", "Say EHLO first");
  return std::nullopt;
}

// rfc:3207#4.2 the server forgets what the client said, so that nobody in between can have said it.
void forget(Session& session) {
  session.reset_transaction();
  session.peer.helo.clear();
  session.peer.esmtp = false;
  session.log_out();
  session.peer.tls = session.stream->tls();
}

}  // namespace

Task<void> starttls(Session& session, std::string_view arguments) {
  if (const auto problem = refuse_now(session, arguments)) {
    session.say(*problem);
    co_return;
  }
  session.say(220, "2.0.0", "Go ahead");
  const bool open = co_await session.flush();
  if (!open) co_return;
  session.stream->deadline(std::chrono::seconds(10));  // attacks.md B8
  const auto secured = co_await session.stream->start_tls_server();
  session.stream->deadline(Duration::zero());
  if (!secured) {
    // rfc:5321#3.8 no word can be said after a failed handshake.
    session.close_silently("TLS handshake: " + secured.error().what);
    co_return;
  }
  forget(session);
}

}  // namespace posthorn::smtp
