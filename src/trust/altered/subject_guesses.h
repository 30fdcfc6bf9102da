// trust/altered/subject_guesses.h - Internal to src/trust/altered. Pure, linear.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthorn::trust::altered {

// What a Subject may have been before a list, a filter or a forwarder put a tag before it; the likeliest first. `value`: raw.
std::vector<std::string> subject_guesses(std::string_view value);

}  // namespace posthorn::trust::altered
