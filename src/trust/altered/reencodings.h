// trust/altered/reencodings.h - another Content-Transfer-Encoding or charset for the same text (RFC 2045 6), of a body that is
// one part, or of the part that the message became when a list wrapped it; also with a footer added before it was encoded.
// Internal to src/trust/altered. Pure. Security: bounded by the Budget.
#pragma once

#include "trust/altered/draft.h"

namespace posthorn::trust::altered {

std::optional<Solution> solve_by_reencoding(const Draft& draft, const Target& target, Budget& budget);

}  // namespace posthorn::trust::altered
