// crypto/p256.h - keys on the curve P-256: Diffie-Hellman for Web Push (RFC 8291), ES256 signatures for VAPID (RFC 8292) and passkeys
// (WebAuthn). Thin over OpenSSL.
// Security: public keys come from strangers: a point that is not on the curve is refused (invalid-curve attacks).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::crypto {

class P256Key {
 public:
  static P256Key generate();
  // The private number in 32 bytes, as private_bytes() gives it. Errc::invalid: it is none of the curve.
  static Result<P256Key> from_private(std::string_view scalar32);
  std::string private_bytes() const;
  std::string public_point() const;  // uncompressed, 65 bytes beginning with 4
  // The x coordinate both sides find (RFC 8291 section 3.1). Errc::invalid: the other's point is none of the curve.
  Result<std::string> shared_secret(std::string_view point65) const;
  // Over SHA-256 of the message: r and s in 32 bytes each, as JWS has it (RFC 7518 section 3.4).
  std::string sign(std::string_view message) const;

 private:
  explicit P256Key(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

// `signature` in DER, as WebAuthn has it; false also if the point or the signature is malformed.
bool p256_verify(std::string_view point65, std::string_view message, std::string_view der_signature);
// The same for r and s in 32 bytes each.
bool p256_verify_raw(std::string_view point65, std::string_view message, std::string_view signature64);

}  // namespace posthorn::crypto
