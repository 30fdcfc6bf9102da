// imap/command/status.cpp - STATUS (RFC 9051 6.3.11).
#include "imap/grammar/tokens.h"
#include "imap/server/status_items.h"

namespace posthorn::imap {

Task<Response> status(Session& session, Call& call) {
  const auto name = take_mailbox(session, call.in);
  if (!name) co_return name.error();
  if (!take_space(call.in)) co_return bad("A list of status items is missing");
  const auto items = take_status_items(call.in);
  if (!items) co_return items.error();
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  const auto mailbox = find_mailbox(session, *name);
  if (!mailbox) co_return mailbox.error();
  append_status(session, *mailbox, *items);
  co_return ok("Done");
}

}  // namespace posthorn::imap
