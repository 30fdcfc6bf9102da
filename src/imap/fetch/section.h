// imap/fetch/section.h - the octets of a body section (RFC 9051 6.4.5) and of a decoded part (RFC 3516). Pure.
// Called by fetch/respond.cpp; also CATENATE and URLs when they come. Only views into the message, unless it must make new
// octets. Security: linear in the message; part numbers are followed by index, never by recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/fetch/items.h"
#include "mail/message.h"

namespace posthorn::imap {

// A message's bytes, parsed when first asked for: BODY[] and top-level headers never are.
class LazyMessage {
 public:
  explicit LazyMessage(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes() const { return bytes_; }
  std::size_t header_end();  // of the message: first octet after the empty line
  const mail::Message& parsed();

 private:
  std::string_view bytes_;
  std::optional<std::size_t> header_end_;
  std::optional<mail::Message> parsed_;
};

// First octet after the empty line that ends the header block, or the end if there is none.
std::size_t end_of_header(std::string_view bytes);

// The part with this number, or nothing. `part` must not be empty.
const mail::Part* find_part(const mail::Message& message, const std::vector<std::uint32_t>& part);

// The section's octets, or nothing if the message has no such section (NIL). `made` holds octets that do not stand in the
// message.
std::optional<std::string_view> octets_of(LazyMessage& message, const Section& section, std::string& made);

// The part's octets without transfer encoding (rfc:3516#4.3). Errc::unsupported: NO [UNKNOWN-CTE].
Result<std::optional<std::string_view>> decoded_octets_of(LazyMessage& message, const Section& section, std::string& made);

// rfc:9051#6.4.5: cut to what is there; an offset past the end gives nothing, not an error.
std::string_view cut(std::string_view octets, const std::optional<Partial>& partial);

}  // namespace posthorn::imap
