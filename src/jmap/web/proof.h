// jmap/web/proof.h - what the routes of the account page share: bodies of JSON, and the proof that whoever changes what keeps others out is
// the owner and not somebody at a screen that was left open, or with a stolen cookie.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "jmap/web/web.h"

namespace posthorn::jmap {

// The last word of a problem's type is what the client goes by.
inline constexpr std::string_view code_needed = "urn:posthorn:error:codeNeeded", code_wrong = "urn:posthorn:error:codeWrong", proof_needed = "urn:posthorn:error:proofNeeded",
                                  proof_wrong = "urn:posthorn:error:proofWrong", too_many = "urn:posthorn:error:tooMany";

// An object of at most 8 KiB; an empty body is an empty object. Else the refusal.
Task<std::expected<boost::json::object, http::Response>> read_object(http::Exchange& exchange);
// "current" (the password) or "code" of `body`; every try goes through the guard of logins. The refusal if that is not enough.
Task<std::optional<http::Response>> refuse_unproved(Web& web, const Visitor& visitor, http::Exchange& exchange, const boost::json::object& body);

std::string_view word_of(sasl::Unproved why);  // for logs
http::Response refusal_of(sasl::Unproved why, unsigned status = 403);
http::Response response_of(const Error& error);
http::Response done_response();

}  // namespace posthorn::jmap
