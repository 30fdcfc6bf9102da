// USER (rfc:1939#7).
// Security: before login.
#include "pop3/login.h"
#include "sasl/credential.h"

namespace posthorn::pop3 {

Task<void> user(Session& session, std::string_view argument) {
  if (!session.may_log_in()) {
    session.err(no_clear);
  } else if (!sasl::is_credential(argument)) {
    session.err("USER needs a name in UTF-8");  // rfc:6856#2.2
  } else {
    session.user = argument;
    session.ok("now the password");  // the same for every name
  }
  co_return;
}

}  // namespace posthorn::pop3
