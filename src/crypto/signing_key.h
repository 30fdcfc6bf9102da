// crypto/signing_key.h - key pairs that sign mail: RSA (PKCS #1 v1.5 with SHA-256) and Ed25519, over OpenSSL.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthorn::crypto {

enum class KeyKind : std::uint8_t { rsa, ed25519 };
enum class Digest : std::uint8_t { sha1, sha256 };  // sha1 only to check old mathematics in tests

class SigningKey {
 public:
  static Result<SigningKey> generate(KeyKind kind, unsigned bits = 2048);
  static Result<SigningKey> from_pem(std::string_view pem);  // PKCS #8 or PKCS #1
  // A key that another process holds and signs with. It has no pem().
  static SigningKey elsewhere(KeyKind kind, unsigned bits, std::string public_bytes, std::function<Result<std::string>(std::string_view)> sign);
  std::string pem() const;                                   // PKCS #8, not encrypted
  KeyKind kind() const;
  unsigned bits() const;
  std::string public_bytes() const;                          // RSA: DER SubjectPublicKeyInfo; Ed25519: 32 raw bytes (RFC 8463 4)
  // RSA: of a SHA-256 digest; Ed25519: over the digest's 32 bytes (RFC 8463 3). Fails only where the key is elsewhere: unavailable.
  Result<std::string> sign(std::string_view digest32) const;

 private:
  struct Far;
  explicit SigningKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY; nothing: it is elsewhere
  std::shared_ptr<const Far> far_;
};

// A public key as DKIM publishes it. Errors: invalid.
class VerifyingKey {
 public:
  static Result<VerifyingKey> rsa(std::string_view der);      // SubjectPublicKeyInfo, or RSAPublicKey (RFC 6376 erratum 3017)
  static Result<VerifyingKey> rsa(std::string_view modulus, std::string_view exponent);  // big-endian; zeros in front do no harm
  static Result<VerifyingKey> ed25519(std::string_view raw);  // 32 bytes
  KeyKind kind() const;
  unsigned bits() const;
  bool verify(std::string_view digest, std::string_view signature, Digest digest_kind = Digest::sha256) const;

 private:
  struct Prepared;
  explicit VerifyingKey(std::shared_ptr<Prepared> prepared) : prepared_(std::move(prepared)) {}
  std::shared_ptr<Prepared> prepared_;
};

}  // namespace posthorn::crypto
