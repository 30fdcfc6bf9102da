// smtp/command/mail.cpp - MAIL (RFC 5321 4.1.1.2; SIZE RFC 1870, DSN RFC 3461, SMTPUTF8 RFC 6531): begins a transaction.
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

// Why there can be no transaction now.
std::optional<Reply> refuse_now(const Session& session) {
  if (session.peer.helo.empty()) return make_reply(503, "5.5.1", "Say EHLO first");
  if (session.peer.submission && !session.peer.account) {
    // rfc:6409#4.3, rfc:4954#6
    if (!session.peer.tls && !session.options.insecure_auth) return make_reply(530, "5.7.0", "Use STARTTLS, then log in");
    return make_reply(530, "5.7.0", "Authentication required");
  }
  if (session.incoming) return make_reply(503, "5.5.1", "A transaction is under way; RSET ends it");
  // rfc:9422#4.1 what goes beyond MAILMAX is refused for now; another connection may carry it.
  if (session.transactions >= session.options.transaction_limit) return make_reply(421, "4.7.0", "Enough for one connection");
  return std::nullopt;
}

}  // namespace

Task<void> mail(Session& session, std::string_view arguments) {
  if (const auto problem = refuse_now(session)) {
    session.say(*problem);
    co_return;
  }
  const Dialect dialect{session.peer.esmtp, false};
  auto from = parse_mail(arguments, dialect);
  if (!from) {
    session.say(from.error());
    co_return;
  }
  session.mail_or_auth_seen = true;
  if (from->size > session.options.message_limit) {
    session.say(552, "5.3.4", "The message is larger than " + std::to_string(session.options.message_limit) + " octets");
    co_return;
  }
  const Reply reply = co_await session.handler.mail(session.peer, *from);
  if (reply.positive()) {
    ++session.transactions;
    session.incoming.emplace(session.handler, session.options);
    session.incoming->transaction.from = std::move(*from);
    session.incoming->transaction.started = session.clock.now();
  }
  session.say(reply);
}

}  // namespace posthorn::smtp
