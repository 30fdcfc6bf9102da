// LIST (rfc:1939#5).
#include "pop3/maildrop.h"

namespace posthorn::pop3 {
namespace {

// Octets as stored. They differ from those that RETR sends only where the last line had no end: finding out would mean to read every
// message.
std::string size_of(const Session&, const DropMessage& message) { return std::to_string(message.size); }

}  // namespace

Task<void> list(Session& session, std::string_view argument) { co_await list_messages(session, argument, size_of); }

}  // namespace posthorn::pop3
