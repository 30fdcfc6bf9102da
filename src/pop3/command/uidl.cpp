// UIDL (rfc:1939#7).
#include "base/text.h"
#include "pop3/maildrop.h"

namespace posthorn::pop3 {
namespace {

std::string hex_of(std::uint32_t value) {
  std::string raw;
  for (int shift = 24; shift >= 0; shift -= 8) raw += static_cast<char>((value >> shift) & 0xff);
  return hex(raw);
}

// Unique for ever: a UID is never given twice within a UIDVALIDITY (RFC 9051 2.3.1.1).
std::string unique_id(const Session& session, const DropMessage& message) {
  return hex_of(number(session.uidvalidity)) + "." + hex_of(number(message.uid));
}

}  // namespace

Task<void> uidl(Session& session, std::string_view argument) { co_await list_messages(session, argument, unique_id); }

}  // namespace posthorn::pop3
