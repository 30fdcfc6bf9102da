// smtp/command/rcpt.cpp - RCPT (RFC 5321 4.1.1.3, DSN RFC 3461): one recipient more.
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

std::optional<Reply> refuse_now(const Session& session) {
  if (!session.incoming) return make_reply(503, "5.5.1", "Say MAIL first");
  if (session.incoming->chunked) return make_reply(503, "5.5.1", "The text has begun; RSET ends the transaction");
  return std::nullopt;
}

// Who asks for many that are not there is guessing names (attacks.md A15): he gets a pause, and has to come again.
Task<void> unknown_recipient(Session& session) {
  session.charge(net::cost::unknown_recipient);
  if (++session.unknown_recipients < session.options.unknown_limit || session.peer.account) co_return;
  const bool open = co_await session.flush();
  if (!open) co_return;
  const Duration pause = std::chrono::seconds(5);
  co_await sleep(session.clock, pause);
  const auto reply = make_reply(421, "4.7.0", "Too many unknown recipients");
  session.close_with(reply, "too many unknown recipients");
}

}  // namespace

Task<void> rcpt(Session& session, std::string_view arguments) {
  if (const auto problem = refuse_now(session)) {
    session.say(*problem);
    co_return;
  }
  const Dialect dialect{session.peer.esmtp, session.incoming->transaction.from.smtputf8};
  auto to = parse_rcpt(arguments, dialect);
  if (!to) {
    session.say(to.error());
    co_return;
  }
  auto& recipients = session.incoming->transaction.recipients;
  if (recipients.size() >= session.options.recipient_limit) {
    session.count_idle();
    session.say(452, "4.5.3", "Too many recipients; send to the others in another transaction");  // rfc:5321#4.5.3.1.10
    co_return;
  }
  ++session.incoming->asked;
  const Reply reply = co_await session.handler.rcpt(session.peer, session.incoming->transaction.from, *to);
  if (reply.positive()) recipients.push_back(std::move(*to));
  // Someone who is logged in and mistypes a name has done no wrong.
  session.say(reply, session.peer.account ? Counting::no : Counting::yes);
  if (reply.permanent() && reply.enhanced == "5.1.1") co_await unknown_recipient(session);
}

}  // namespace posthorn::smtp
