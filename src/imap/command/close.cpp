// imap/command/close.cpp - CLOSE and UNSELECT (RFC 9051 6.4.1, 6.4.2). CLOSE removes what is marked \Deleted and tells nothing.
#include "imap/server/arguments.h"

namespace posthorn::imap {

Task<Response> close(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  if (session.selected->access() == Access::read_write) {
    std::vector<Uid> deleted;
    // Looked up in the store: what others marked since the last answer goes too, as rfc:9051#6.4.1 has it.
    const auto members = session.view().members(session.selected->id());
    if (!members) co_return refusal_of(members.error());
    for (const auto& member : *members)
      if (member.flags.has(store::SystemFlag::deleted)) deleted.push_back(member.uid);
    if (!deleted.empty()) {
      auto gone = co_await session.store.expunge(session.account(), session.selected->id(), std::move(deleted), store::Store::Expunge::only_deleted);
      if (!gone) co_return refusal_of(gone.error());
    }
  }
  session.selected.reset();
  co_return ok("Done");
}

Task<Response> unselect(Session& session, Call& call) {
  if (auto end = take_end(call); !end) co_return std::move(end.error());
  session.selected.reset();
  co_return ok("Done");
}

}  // namespace posthorn::imap
