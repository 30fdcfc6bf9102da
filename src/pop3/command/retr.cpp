// RETR (rfc:1939#5).
#include "pop3/grammar.h"
#include "pop3/maildrop.h"

namespace posthorn::pop3 {

Task<void> retr(Session& session, std::string_view argument) {
  const auto n = one_number(argument);
  const auto* message = n ? session.find(*n) : nullptr;
  if (message == nullptr) {
    no_such_message(session);
    co_return;
  }
  co_await send_message(session, *message, std::nullopt);
}

}  // namespace posthorn::pop3
