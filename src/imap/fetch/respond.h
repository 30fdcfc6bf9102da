// imap/fetch/respond.h - one "* n FETCH (...)" from what was read of a message (RFC 9051 7.5.2). Pure.
// Called by FETCH and UID FETCH for each message, and for unsolicited FLAGS updates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/fetch/items.h"
#include "imap/grammar/quote.h"
#include "mail/summary.h"
#include "store/types.h"

namespace posthorn::imap {

// A range of the message that belongs into the response at `at`, and is left to the caller to read and to write.
struct Extent {
  std::size_t at = 0;  // in the octets of the response
  std::uint64_t offset = 0, length = 0;
};

// What was read: at least what FetchRequest::needs asks for. Refers, does not own.
struct FetchData {
  std::uint32_t sequence = 0;
  const store::Member& member;
  const std::vector<std::string>& keywords;  // store::Keywords::names
  const store::Email* email = nullptr;
  const mail::Summary* summary = nullptr;
  std::optional<std::string_view> message = std::nullopt;
  // Set for large messages: sections that stand in the message as they are become extents. Then the message need not be there for a
  // request that asks_only_whole(), if `email` is.
  std::vector<Extent>* extents = nullptr;
};

// Appends the response with its CRLF, or fails and leaves `out` as it was. Errc::unsupported: a BINARY item of an encoding we do
// not know, so NO [UNKNOWN-CTE] (rfc:3516#4.3); Errc::invalid: the caller did not read what the request needs.
Status append_fetch(std::string& out, const FetchRequest& request, const FetchData& data, QuotedText allowed = QuotedText::ascii);

// "(\Seen $Forwarded)": also for PERMANENTFLAGS and FLAGS. Never \Recent: which session saw a message first is not kept
// (rfc:9051 has no \Recent; rfc:3501#2.3.2 lets a server that cannot tell leave it out).
void append_flags(std::string& out, store::Flags flags, const std::vector<std::string>& keywords);

}  // namespace posthorn::imap
