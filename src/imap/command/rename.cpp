// imap/command/rename.cpp - RENAME (RFC 9051 6.3.6); INBOX gives its messages to the new mailbox and stays.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> rename(Session& session, Call& call) {
  auto from = take_mailbox(session, call.in);
  if (!from) co_return std::move(from.error());
  auto to = take_only_mailbox(session, call);
  if (!to) co_return std::move(to.error());
  auto done = co_await session.store.rename_mailbox(session.account(), std::move(*from), std::move(*to));
  if (!done) co_return refusal_of(done.error());
  co_return ok("Done");
}

}  // namespace posthorn::imap
