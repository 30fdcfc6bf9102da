// jmap/core/request.h - one JMAP request (RFC 8620 section 3): method calls run one after another, each answered or failed by itself. The
// same for HTTP and WebSocket.
// Security: reads what a logged-in client sends, within Limits; JSON by json_strict.h.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "jmap/core/method.h"

namespace posthorn::jmap {

// rfc:8620#3.6.1: the whole request is refused, as a problem (RFC 7807).
struct Problem {
  unsigned status = 400;
  std::string type;    // "urn:ietf:params:jmap:error:notJSON"
  std::string detail;
  std::string limit;   // of the type limit: which
};
boost::json::object to_json(const Problem& problem);

// Runs all calls of `body`. `session_state` is told in the answer, so that a client sees when its Session is old.
Task<std::expected<boost::json::object, Problem>> process(Call& call, std::string_view body, std::string session_state);
Task<std::expected<boost::json::object, Problem>> process(Call& call, boost::json::object request, std::string session_state);

// The Session resource (section 2), without the URLs that hang on the host it was asked by.
boost::json::object session_json(const Services& services, const sasl::Login& login);
std::string session_state(const Services& services, const sasl::Login& login);

}  // namespace posthorn::jmap
