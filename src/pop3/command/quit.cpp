// QUIT (rfc:1939#6): the UPDATE state. What is marked goes now, and the answer waits until that is on disk.
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> quit(Session& session, std::string_view) {
  std::vector<Uid> gone;
  for (const auto& message : session.messages)
    if (message.deleted) gone.push_back(message.uid);
  session.state = State::over;
  if (!gone.empty()) {
    auto done = co_await session.store.expunge(session.login.account, store::inbox_id, std::move(gone), store::Store::Expunge::all);
    if (!done) {
      session.log.error("pop3.expunge_failed", {{"user", session.login.name}, {"why", done.error().text()}});
      session.err("[SYS/TEMP] some deleted messages were not removed");
      co_return;
    }
  }
  session.ok("goodbye");
}

}  // namespace posthorn::pop3
