// mail/address.h - addresses: addr-spec of envelopes and header fields (RFC 5321 4.1.2, 5322 3.4, 6531, 6532).
// Pure, bounded, iterative. Security: the same function gives From to DMARC, IMAP and the webmail (attacks.md C1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::mail {

// local-part with quotes removed; domain in lower-case A-labels (RFC 5890), or an address literal "[1.2.3.4]".
struct Address {
  std::string local;
  std::string domain;

  bool empty() const { return local.empty() && domain.empty(); }  // the null reverse-path <>
  std::string text() const;                                       // local@domain, quoted where needed
  bool operator==(const Address&) const = default;
};

// Exactly one addr-spec, as in a RCPT or on the command line: strict, no comments, no source route. Refuses NUL,
// controls, bad UTF-8, labels and lengths over RFC 5321 4.5.3.1 (local 64, domain 255) with a reason.
Result<Address> parse_address(std::string_view text);
// The domain alone, to lower-case A-labels by UTS-46 non-transitional; refused unless it round-trips.
Result<std::string> parse_domain(std::string_view text);
// A-labels to U-labels for people; unchanged if not IDN.
std::string domain_for_display(std::string_view a_labels);

// One mailbox or group marker of a header's address list.
struct HeaderAddress {
  enum class Kind : unsigned char { mailbox, group_start, group_end } kind = Kind::mailbox;
  std::string name;     // display name or group name: raw, unfolded and unquoted, encoded words NOT decoded
  std::string local;    // raw local-part, unquoted
  std::string domain;   // as written (not normalised), lower case not applied
  bool valid = true;    // false: not an addr-spec by RFC 5322 (local holds what stood there)
};

// From, To, Cc...: lenient, never fails; what cannot be read is kept with valid = false. `limit` addresses at most.
std::vector<HeaderAddress> parse_address_list(std::string_view value, std::size_t limit = 10'000);

}  // namespace posthorn::mail
