// imap/command/delete.cpp - DELETE (RFC 9051 6.3.5). Mailboxes below stay, and LIST shows their parent as \NonExistent.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> delete_mailbox(Session& session, Call& call) {
  auto name = take_only_mailbox(session, call);
  if (!name) co_return std::move(name.error());
  const auto mailbox = find_mailbox(session, *name);
  if (!mailbox) co_return mailbox.error();
  auto done = co_await session.store.delete_mailbox(session.account(), *name);
  if (!done) co_return refusal_of(done.error());
  // Others who have it selected are sent away; who deletes it himself knows.
  if (session.selected && session.selected->id() == mailbox->id) {
    session.selected.reset();
    session.untagged("OK [CLOSED] The selected mailbox is deleted");
  }
  co_return ok("Done");
}

}  // namespace posthorn::imap
