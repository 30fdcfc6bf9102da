// crypto/public_key_der.h - the two numbers of an RSA public key out of its DER. Internal to src/crypto.
// OpenSSL 3.0's own decoder takes six times as long as the whole verification, so this small grammar is read here.
// Security: keys come from strangers' DNS. Bounded by Cursor, no recursion, minimal DER lengths only.
#pragma once

#include <optional>
#include <string_view>

namespace posthorn::crypto {

struct RsaNumbers {
  std::string_view modulus, exponent;  // big-endian, without sign octet
};

// SubjectPublicKeyInfo (rfc:5280#4.1) with rsaEncryption, or the bare RSAPublicKey (rfc:8017#A.1.1). Nothing left over.
std::optional<RsaNumbers> read_rsa_public_key(std::string_view der);

}  // namespace posthorn::crypto
