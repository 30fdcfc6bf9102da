// trust/altered/header_edits.h - changes to header fields, put into bytes and into words. Internal to src/trust/altered. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trust/altered/draft.h"

namespace posthorn::trust::altered {

struct FieldChanges {
  std::map<std::size_t, std::optional<std::string>>
      changed;                    // by index of the field as received: what it was, or that it was not there
  std::vector<std::string> lost;  // fields that were taken away
};

// The header of `received` with the changes made, and the empty line below. Lines that are no fields stay.
std::string apply(const FieldChanges& changes, const mail::Message& received);
std::vector<Edit> edits_of(const FieldChanges& changes, const mail::Message& received, std::size_t limit);

}  // namespace posthorn::trust::altered
