// crypto/signing_key.h - key pairs that sign mail: RSA (PKCS #1 v1.5 with SHA-256) and Ed25519, over OpenSSL.
#pragma once

#include <cstdint>
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
  std::string pem() const;                                   // PKCS #8, not encrypted
  KeyKind kind() const;
  unsigned bits() const;
  std::string public_bytes() const;                          // RSA: DER SubjectPublicKeyInfo; Ed25519: 32 raw bytes (RFC 8463 4)
  std::string sign(std::string_view digest32) const;         // RSA: of a SHA-256 digest; Ed25519: over the digest's 32 bytes (RFC 8463 3)

 private:
  explicit SigningKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

// A public key as DKIM publishes it. Errors: invalid.
class VerifyingKey {
 public:
  static Result<VerifyingKey> rsa(std::string_view der);      // SubjectPublicKeyInfo, or RSAPublicKey (RFC 6376 erratum 3017)
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
