// trust/altered/line_edits.h - edits that touch every line of a body in one way: white space at line ends, ">From ", doubled
// dots, long lines broken or joined. Internal to src/trust/altered. Pure: each is a function from the body as it came to the body
// as it may have been.
#pragma once

#include <span>

#include "trust/altered/draft.h"

namespace posthorn::trust::altered {

struct LineEdit {
  Kind kind;
  LineNumbers numbers;
  std::string_view sentence;
  std::string (*undo)(std::string_view body);
};
// Those that can matter to a body in that canonical form.
std::vector<LineEdit> line_edits(dkim::Canonical form);

// The first lines that differ, as an edit; the draft is that of the received message.
Edit difference(const LineEdit& how, const Draft& received, std::string_view restored_body, std::size_t limit);

}  // namespace posthorn::trust::altered
