// pop3/login.h - what USER/PASS and AUTH share: into the transaction state, or an answer why not. Inside pop3/ only.
#pragma once

#include "pop3/session.h"

namespace posthorn::pop3 {

// attacks.md B4, rfc:2595#2.1: said before anything of the argument is looked at, so that no password in clear is evaluated or logged.
inline constexpr std::string_view no_clear = "[SYS/PERM] passwords are not taken in clear: use STLS, or the port with TLS";

// Loads INBOX and goes to the transaction state.
Task<void> open_maildrop(Session& session, sasl::Login login);
// Ends the session after login_limit failures (attacks.md F1).
void answer_login_failure(Session& session, const Error& error);

}  // namespace posthorn::pop3
