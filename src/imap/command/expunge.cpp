// imap/command/expunge.cpp - EXPUNGE (RFC 9051 6.4.3) and UID EXPUNGE (6.4.9, RFC 4315 2.1). The EXPUNGE responses are those that
// update() writes before the answer, as for messages that others removed.
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

// Which of the messages named, or of all, have \Deleted; the store looks again.
Taken<std::vector<Uid>> take_deleted(Session& session, Call& call) {
  const auto& rows = session.selected->rows();
  std::vector<std::size_t> indices;
  if (call.by == Numbers::uid) {
    auto named = take_messages(session, call);
    if (!named) return refuse(std::move(named.error()));
    indices = std::move(*named);
  } else {
    for (std::size_t i = 0; i < rows.size(); ++i) indices.push_back(i);
  }
  if (auto end = take_end(call); !end) return refuse(std::move(end.error()));
  std::erase_if(indices, [&rows](std::size_t i) { return !rows[i].flags.has(store::SystemFlag::deleted); });
  return uids_of(*session.selected, indices);
}

}  // namespace

Task<Response> expunge(Session& session, Call& call) {
  if (session.selected->access() == Access::read_only) co_return no("READ-ONLY", "The mailbox was opened with EXAMINE");
  // What another client marked a moment ago is meant too. Numbers must not change before the set is read.
  co_await session.update(Expunges::held_back);
  if (session.closing) co_return said();
  auto deleted = take_deleted(session, call);
  if (!deleted) co_return std::move(deleted.error());
  if (deleted->empty()) co_return ok("Done");
  auto gone = co_await session.store.expunge(session.account(), session.selected->id(), std::move(*deleted), store::Store::Expunge::only_deleted);
  if (!gone) co_return refusal_of(gone.error());
  co_return ok("Done");
}

}  // namespace posthorn::imap
