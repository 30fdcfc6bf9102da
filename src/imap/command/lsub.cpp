// imap/command/lsub.cpp - LSUB (RFC 3501 6.3.9): what older clients ask instead of LIST (SUBSCRIBED).
#include "imap/grammar/quote.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"
#include "imap/server/listing.h"

namespace posthorn::imap {
namespace {

Taken<ListQuery> take_query(Session& session, Cursor& in) {
  const auto reference = take_space(in) ? take_astring(in) : std::nullopt;
  const auto text = reference && take_space(in) ? take_list_mailbox(in) : std::nullopt;
  if (!text || !in.done()) return refuse(bad("LSUB takes a reference and a pattern"));
  const auto whole = pattern_from_wire(*reference + *text, session.name_form());
  if (!whole) return refuse(no("CANNOT", whole.error().what));
  ListQuery query;
  query.patterns.emplace_back(*whole);
  // "If foo/bar is subscribed and foo is not, LSUB "" % must return foo with \Noselect": the parents RECURSIVEMATCH gives.
  query.subscribed = query.recursive = true;
  return query;
}

}  // namespace

Task<Response> lsub(Session& session, Call& call) {
  const auto query = take_query(session, call.in);
  if (!query) co_return query.error();
  const auto mailboxes = session.view().mailboxes();
  if (!mailboxes) co_return refusal_of(mailboxes.error());
  for (const auto& listed : matching(*mailboxes, *query)) {
    session.out += listed.selected ? "* LSUB () \"/\" " : "* LSUB (\\Noselect) \"/\" ";
    append_mailbox(session.out, listed.name, session.name_form());
    session.out += "\r\n";
    const bool written = co_await session.flush_if_much();
    if (!written) co_return said();
  }
  co_return ok("Done");
}

}  // namespace posthorn::imap
