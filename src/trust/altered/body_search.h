// trust/altered/body_search.h - from a body as it came to the body that was signed, by its hash alone (RFC 6376 3.7: bh= is
// checked apart from the header). Internal to src/trust/altered. Pure. Security: bounded by the Budget.
#pragma once

#include "trust/altered/draft.h"

namespace posthorn::trust::altered {

// The likely and cheap edits first, then what needs more passes, then two kinds at once.
std::optional<Solution> restore_body(const Draft& received, const Target& target, Budget& budget);

}  // namespace posthorn::trust::altered
