// pop3/surrogate.h - a message as a client may get it that did not say UTF8 (rfc:6856#2.1): its header in ASCII. Pure.
// Called by RETR and TOP. It never fails: refusing instead would let one letter with a raw byte in its Subject block a whole maildrop.
#pragma once

#include <string>

namespace posthorn::pop3 {

// Unchanged if its header is ASCII. The body stays as it is: 8-bit text is allowed there.
std::string surrogate(std::string message);

}  // namespace posthorn::pop3
