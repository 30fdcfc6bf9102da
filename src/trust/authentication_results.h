// trust/authentication_results.h - Authentication-Results (RFC 8601): written for what we judged, read from others, and removed
// where a stranger used our name (attacks.md C2). Pure. Security: reads strangers' fields; bounded, iterative.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mail/message.h"

namespace posthorn::trust {

struct MethodResult {
  std::string method, result, reason;                            // "dkim", "pass", ""
  std::vector<std::pair<std::string, std::string>> properties;   // {"header.d", "example.org"}
  std::string comment;                                           // written in (), made safe
};
struct AuthenticationResults {
  std::string authserv_id;
  std::vector<MethodResult> results;                             // none: "none"
};

// The whole field with CRLF, folded; every value quoted or escaped as the grammar needs, never able to end the line.
std::string wire(const AuthenticationResults& results);
// One field's value. Comments anywhere, any case, quoted strings. Errors: invalid.
Result<AuthenticationResults> parse_authentication_results(std::string_view value);
// The message without the Authentication-Results fields that carry our id (in any form that a reader might take for it, also
// unparsable ones that contain it) and without Received-SPF fields above our own hop's trace; the bodies are untouched.
std::string without_forged_results(std::string_view message, std::string_view authserv_id);

}  // namespace posthorn::trust
