// sasl/credential.h - what may stand in a user name or a password. Pure; used by the mechanisms and by POP3's USER and PASS.
//
// SASLprep (rfc:4013) asks for a mapping to NFKC and a table of forbidden characters. Of these only this much is done: text has to be
// UTF-8, not empty, and free of control characters (C0, DEL, C1: rfc:3454#C.2), NUL among them. Nothing is mapped or normalised: the
// bytes a client sends are those that are compared, as with nearly every server and app. A client that does map to NFKC gets on with
// every password that is its own NFKC form, which is every ASCII one.
#pragma once

#include <string_view>

namespace posthorn::sasl {

bool is_credential(std::string_view text);

}  // namespace posthorn::sasl
