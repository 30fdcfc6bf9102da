// dns/rdata.h - rdata of the wire as typed records. Pure; called by unbound_resolver.
// Security: bytes come from the network. All reads are bounded by Cursor; names have at most 255 octets; names inside rdata
// must be without compression pointers, as libunbound gives them.
#pragma once

#include <string>
#include <string_view>

#include "base/cursor.h"
#include "base/result.h"
#include "dns/resolver.h"

namespace posthorn::dns {

// A name in wire form as text: lower case, no final dot, root "". Octets that are not letters, digits, '-' or '_' are
// written \DDD (rfc:1035#5.1), so is_valid_name() refuses them and no dot in a label passes for a separator.
Result<std::string> parse_wire_name(Cursor& in);

// `rdata` must be used up to its last octet.
Result<Record> parse_rdata(Type type, std::string_view rdata);

}  // namespace posthorn::dns
