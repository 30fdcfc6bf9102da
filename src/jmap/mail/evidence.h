// jmap/mail/evidence.h - the evidence that was kept when an Email came (post/evidence.h writes it), as methods read it: whatever is not there or
// of another shape is absent, never an error.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "jmap/mail/support.h"

namespace posthorn::jmap {

// Nothing: none was kept, or what was kept cannot be read.
Expected<std::optional<boost::json::object>> evidence_of(const store::View& view, EmailId email);

// nullptr: it was not judged.
const boost::json::object* judgement_of(const boost::json::object& evidence);
// Whether its domain says that it did not send this. A list that changes letters breaks what proves them; what was not held against it when it
// came is not held against it here.
bool fails_its_policy(const boost::json::object& judgement);
std::vector<const boost::json::object*> signatures_of(const boost::json::object& evidence);
// Where the address that handed it over is registered, such as "DE"; empty: that is not known.
std::string_view country_in(const boost::json::object& evidence);
// Whether a signature no longer fitted what came. Nothing: none could tell.
std::optional<bool> was_altered(const boost::json::object& evidence);

}  // namespace posthorn::jmap
