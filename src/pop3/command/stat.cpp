// STAT (rfc:1939#5).
#include "pop3/session.h"

namespace posthorn::pop3 {

Task<void> stat(Session& session, std::string_view) {
  std::uint64_t count = 0, bytes = 0;
  for (const auto& message : session.messages) {
    if (message.deleted) continue;
    ++count;
    bytes += message.size;
  }
  session.ok(std::to_string(count) + " " + std::to_string(bytes));
  co_return;
}

}  // namespace posthorn::pop3
