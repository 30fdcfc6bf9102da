// trust/altered/cuts.h - what was added to a body as whole lines, found by leaving lines out: footers, banners, MIME parts, the
// wrapping of the whole message in a multipart. Internal to src/trust/altered. Pure. Security: bounded by the Budget; footers of
// any length are found in one pass over the body.
#pragma once

#include "trust/altered/draft.h"

namespace posthorn::trust::altered {

enum class Depth : std::uint8_t { likely, thorough, pairs };
// thorough: what costs a pass over the body for each guess. pairs: the same of two text parts at once, a pass for each pair.
std::optional<Solution> solve_by_cuts(const Draft& draft, const Target& target, Depth depth, Budget& budget);

// The fields that a message had which is now this part of a multipart.
std::vector<Wish> wishes_of_part(const Draft& draft, std::size_t part);

}  // namespace posthorn::trust::altered
