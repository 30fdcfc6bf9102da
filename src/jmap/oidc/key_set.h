// jmap/oidc/key_set.h - the public keys of an OpenID provider (JSON Web Key Set, RFC 7517), as far as tokens may be signed with them: RS256, ES256
// and EdDSA with Ed25519 (RFC 7518 section 3, RFC 8037 section 3). Pure.
// Security: bytes of another server. A key is bound to one algorithm by what it is, never by what a token says, so that the public half of an
// RSA key is no secret of HS256; there is no "none". 64 keys are looked at, RSA has 2048 to 8192 bits.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signing_key.h"

namespace posthorn::jmap::oidc {

enum class Algorithm : std::uint8_t { rs256, es256, eddsa };
std::optional<Algorithm> algorithm_of(std::string_view name);  // "RS256"

class KeySet {
 public:
  // Keys of other kinds and uses are left out (rfc:7517#5). Invalid: it is no key set, or none of its keys may sign.
  static Result<KeySet> read(std::string_view json);

  enum class Verdict : std::uint8_t { good, bad, no_such_key };
  // Of the keys with that id; without an id there must be one key of that algorithm alone.
  Verdict verify(Algorithm algorithm, std::optional<std::string_view> id, std::string_view message, std::string_view signature) const;
  std::size_t size() const { return keys_.size(); }

 private:
  struct Key {
    Algorithm algorithm{};
    std::optional<std::string> id;
    std::optional<crypto::VerifyingKey> key;  // of RS256 and EdDSA
    std::string point;                        // of ES256
    bool verify(std::string_view message, std::string_view signature) const;
  };
  static std::optional<Key> read_key(const boost::json::object& from);
  std::vector<Key> keys_;
};

}  // namespace posthorn::jmap::oidc
