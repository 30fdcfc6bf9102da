// jmap/oidc/token.h - the ID token of OpenID Connect (Core 1.0 section 2): a signed statement of a provider about who logged in. Pure.
// Security: bytes that came by way of a browser's login. 16 KiB; the signature is checked before a claim is believed, with a key that the
// provider published and the algorithm that this key is for; what a token brings along of keys or addresses (jwk, jku, x5u) is not looked at.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "jmap/oidc/key_set.h"

namespace posthorn::jmap::oidc {

struct Expected {
  std::string issuer, client, nonce;
  WallTime now{};
};

// Its claims. Refused: why it cannot be believed. not_found: it is signed with a key that is not among `keys`; there may be newer ones.
Result<boost::json::object> read_id_token(std::string_view token, const KeySet& keys, const Expected& expected);

// The address that `claim` tells; of "email" only one that the provider verified. Refused: it tells none.
Result<std::string> address_in(const boost::json::object& claims, std::string_view claim);

}  // namespace posthorn::jmap::oidc
