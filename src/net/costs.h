// net/costs.h - what costs how many tokens of the address that does it, and how many it has (hardening.md 5.6). One table for all protocols.
#pragma once

#include "net/token_buckets.h"

namespace posthorn::net::cost {

inline constexpr double connection = 1, tls_handshake = 2, unknown_recipient = 5, failed_login = 20, syntax_error = 2, spam_refused = 5;

// Of an address; its wider networks have 3 and 9 times as much. 30 failed logins at once, and as many an hour.
inline constexpr Rate login_tokens{600, 600};
// Errors, unknown recipients, handshakes: 200 unknown recipients at once, and twice as many an hour.
inline constexpr Rate trouble_tokens{1000, 2000};

}  // namespace posthorn::net::cost
