// TOP (rfc:1939#7).
#include "pop3/grammar.h"
#include "pop3/maildrop.h"

namespace posthorn::pop3 {

Task<void> top(Session& session, std::string_view argument) {
  const auto n = two_numbers(argument);
  if (!n) {
    session.err("TOP needs the number of a message and one of lines");
    co_return;
  }
  const auto* message = session.find(n->first);
  if (message == nullptr) {
    no_such_message(session);
    co_return;
  }
  co_await send_message(session, *message, n->second);
}

}  // namespace posthorn::pop3
