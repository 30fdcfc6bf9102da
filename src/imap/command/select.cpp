// imap/command/select.cpp - SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3; CONDSTORE of RFC 7162 3.1.8).
#include <algorithm>

#include "imap/grammar/object_id.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

// [SP "(" "CONDSTORE" ")"]
Taken<bool> take_parameters(Cursor& in) {
  if (in.done()) return false;
  if (!in.take(" (") || !take_word(in, "CONDSTORE") || !in.take(')') || !in.done())
    return refuse(bad("A mailbox is selected with (CONDSTORE) or nothing"));
  return true;
}

void tell_mailbox(Session& session, const store::Mailbox& mailbox) {
  const auto& rows = session.selected->rows();
  session.tell_flags();
  session.untagged(std::to_string(rows.size()) + " EXISTS");
  const auto unseen = std::ranges::find_if(rows, [](const store::Member& row) { return !row.flags.has(store::SystemFlag::seen); });
  // rfc:9051#appendix-E has neither RECENT nor UNSEEN any more; rfc:3501#6.3.1 wants both.
  if (!session.rev2) session.untagged("0 RECENT");
  if (!session.rev2 && unseen != rows.end()) session.untagged("OK [UNSEEN " + std::to_string(unseen - rows.begin() + 1) + "] First unseen message");
  session.untagged("OK [UIDVALIDITY " + std::to_string(number(mailbox.uidvalidity)) + "] UIDs are valid");
  session.untagged("OK [UIDNEXT " + std::to_string(number(mailbox.uidnext)) + "] Predicted next UID");
  session.untagged("OK [HIGHESTMODSEQ " + std::to_string(number(mailbox.highestmodseq)) + "] Highest");
  session.untagged("OK [MAILBOXID (" + object_id(mailbox.id) + ")] Id");
  if (!session.rev2) return;
  // rfc:9051#6.3.2: the name as LIST would show it.
  session.out += "* LIST () \"/\" ";
  append_mailbox(session.out, mailbox.name, session.name_form());
  session.out += "\r\n";
}

// Reading the rows of a large mailbox takes longer than others on this thread should wait.
Task<Result<Selected>> read(Session& session, const store::View& view, const store::Mailbox& mailbox, Access access) {
  if (mailbox.counts.total <= read_inline) co_return Selected::open(view, mailbox, access);
  auto work = [&view, &mailbox, access] { return Selected::open(view, mailbox, access); };
  co_return co_await session.store.workers().run(std::move(work));
}

Task<Response> open(Session& session, Call& call, Access access) {
  const auto name = take_mailbox(session, call.in);
  if (!name) co_return name.error();
  const auto condstore = take_parameters(call.in);
  if (!condstore) co_return condstore.error();
  // rfc:9051#6.3.2: the one selected before is closed, whether this succeeds or not.
  if (session.selected) session.untagged("OK [CLOSED] The mailbox selected before is closed");
  session.selected.reset();
  const auto view = session.view();
  const auto mailbox = view.mailbox(*name);
  if (!mailbox) co_return refusal_of(mailbox.error());
  if (!*mailbox) co_return no("NONEXISTENT", "There is no such mailbox");
  session.refresh_keywords(view);
  auto selected = co_await read(session, view, **mailbox, access);
  if (!selected) co_return refusal_of(selected.error());
  session.selected = std::move(*selected);
  tell_mailbox(session, **mailbox);
  if (*condstore) session.condstore = true;
  co_return ok(access == Access::read_write ? "READ-WRITE" : "READ-ONLY", "Selected");
}

}  // namespace

Task<Response> select(Session& session, Call& call) {
  return open(session, call, Access::read_write);
}

Task<Response> examine(Session& session, Call& call) {
  return open(session, call, Access::read_only);
}

}  // namespace posthorn::imap
