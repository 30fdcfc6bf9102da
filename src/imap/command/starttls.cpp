// imap/command/starttls.cpp - STARTTLS (RFC 9051 6.2.1).
// Security: attacks.md B1. A byte behind this command, already read or waiting in the socket, was not protected by TLS: the
// connection is closed. Nothing else of the clear part is kept, for there is nothing: a login would have ended this state.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> starttls(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  if (session.stream->tls()) co_return bad("TLS is on already");
  if (!session.stream->offers_tls()) co_return no("CANNOT", "TLS is not offered here");
  if (!session.client_is_silent()) {
    session.bye("Wait for the answer to STARTTLS", "commands behind STARTTLS");
    co_return said();
  }
  session.answer(call.tag, ok("Begin TLS now"));
  const bool written = co_await session.flush();
  if (!written) co_return said();
  session.stream->deadline(std::chrono::seconds(10));  // attacks.md B8
  const auto secured = co_await session.stream->start_tls_server();
  session.stream->deadline(Duration::zero());
  // No word can be said after a failed handshake.
  if (!secured) session.close_silently("TLS handshake: " + secured.error().what);
  co_return said();
}

}  // namespace posthorn::imap
