// post/srs.h - the Sender Rewriting Scheme: what an alias sends on goes out under an address of ours, so that SPF can prove it, and a
// notice that comes back to that address finds its way to who sent the message. Pure.
// Source: M. S. Wong, "Sender Rewriting Scheme" (2004): SRS0=MAC=TT=domain=local@ours, SRS1=MAC=first==rest@ours for a path that was
// rewritten before. Its forms are kept, so that other programs know them and wrap instead of nesting without end.
// Security: the MAC, and three weeks of life, keep strangers from sending through these addresses (attacks.md A11, C14).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/address.h"

namespace posthorn::post {

// A keyed hash of at least 8 octets, such as Keyring::pseudonym().
using SrsMac = std::function<std::string(std::string_view text)>;

// The reverse-path to send `reverse_path`'s message on with; `domain` is ours. Not for the null reverse-path. Nothing: it would be longer
// than a local-part may be (rfc:5321#4.5.3.1.1), and others would refuse it.
std::optional<mail::Address> srs_forward(const mail::Address& reverse_path, std::string_view domain, const SrsMac& mac, WallTime now);

bool is_srs(const mail::Address& address);
// Where a notice to that address belongs. Errors: refused: we never made it, or it is older than three weeks, or it is no SRS address.
Result<mail::Address> srs_reverse(const mail::Address& address, const SrsMac& mac, WallTime now);

}  // namespace posthorn::post
