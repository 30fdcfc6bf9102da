// jmap/oidc/documents.h - what an OpenID provider says of itself (OpenID Connect Discovery 1.0) and what it gives for a code (RFC 6749 section 5),
// and the URL that sends a browser there. Pure.
// Security: bytes of another server, JSON of at most 64 KiB. Only https URLs are taken, and only of the issuer that was configured.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace posthorn::jmap::oidc {

struct Metadata {
  std::string authorization, token, keys;  // URLs
  enum class Authentication : std::uint8_t { basic, post };
  Authentication authentication = Authentication::basic;
  bool names_itself = false;  // RFC 9207: in what a browser brings back
};
Result<Metadata> read_metadata(std::string_view json, std::string_view issuer);
// Where the metadata of an issuer is.
std::string metadata_url(std::string_view issuer);

// The ID token of the token endpoint's answer. Refused: what the provider says against it.
Result<std::string> read_token_answer(unsigned status, std::string_view json);

// application/x-www-form-urlencoded; what is no letter, digit, '-', '.', '_' or '~' as %XX.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::string encode_component(std::string_view text);
std::string encode_form(const Parameters& parameters);
// The URL with parameters added to those that it has.
std::string add_parameters(const std::string& url, const Parameters& parameters);

}  // namespace posthorn::jmap::oidc
