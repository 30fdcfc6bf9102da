// DELE (rfc:1939#5): a mark, which QUIT acts upon.
#include "pop3/grammar.h"
#include "pop3/maildrop.h"

namespace posthorn::pop3 {

Task<void> dele(Session& session, std::string_view argument) {
  const auto n = one_number(argument);
  auto* message = n ? session.find(*n) : nullptr;
  if (message == nullptr) {
    no_such_message(session);
    co_return;
  }
  message->deleted = true;
  session.ok("marked, gone at QUIT");
}

}  // namespace posthorn::pop3
