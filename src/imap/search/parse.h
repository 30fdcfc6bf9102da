// imap/search/parse.h - SEARCH's grammar into a flat program. Pure. Called by SEARCH and UID SEARCH.
// Security: attacks.md E5. Iterative, one pass; bounded by SearchLimits.
#pragma once

#include "base/cursor.h"
#include "base/result.h"
#include "imap/search/program.h"

namespace posthorn::imap {

struct SearchLimits {
  std::size_t keys = 1'000;       // keys, NOTs and ORs
  std::size_t depth = 32;         // of parentheses; chains of OR and NOT count as keys only
  std::size_t message_keys = 64;  // that read the whole message: BODY, TEXT, HEADER
  std::size_t text = 1'024;       // octets of one string
};

// From after "SEARCH " to the end of the command: [RETURN (...)] [CHARSET x] keys.
// Errors: Errc::invalid is BAD, Errc::unsupported is NO [BADCHARSET (US-ASCII UTF-8)], Errc::too_big is NO [LIMIT].
Result<SearchRequest> parse_search(Cursor& in, const SearchLimits& limits = {});

}  // namespace posthorn::imap
