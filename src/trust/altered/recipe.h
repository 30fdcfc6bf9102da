// trust/altered/recipe.h - the way back as a recipe of a DKIM2 Message-Instance (draft-ietf-dkim-dkim2-spec-06: r=): copy lines,
// put literal lines. Internal to src/trust/altered. Pure, linear. A draft, so nothing depends on it but what is shown.
#pragma once

#include <string>
#include <string_view>

#include "mail/message.h"

namespace posthorn::trust::altered {

// {"h": {"subject": [{"d": ["Lunch"]}], "reply-to": []}, "b": [{"c": [1, 10]}]} - without "h" or "b" where nothing was changed.
// "b" is null if the literal lines were more than `limit` bytes: then the restored message itself must be looked at. Literals
// that are not UTF-8 are {"u": [base64]}, as later drafts have it.
std::string recipe_of(const mail::Message& received, const mail::Message& restored, std::size_t limit);

}  // namespace posthorn::trust::altered
