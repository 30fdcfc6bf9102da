// crypto/hasher.h - a digest over bytes that come in pieces, over OpenSSL. Called by trust::dkim for bodies that are never copied.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/signing_key.h"

namespace posthorn::crypto {

class Hasher {
 public:
  explicit Hasher(Digest digest = Digest::sha256);
  Hasher(const Hasher& other);  // goes on from the same bytes, on its own
  Hasher& operator=(const Hasher&) = delete;
  void write(std::string_view bytes);
  std::string finish();  // raw bytes; once, afterwards the Hasher is used up

 private:
  struct Return {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Return> context_;  // EVP_MD_CTX
};

constexpr std::size_t size_of(Digest digest) {
  return digest == Digest::sha256 ? 32 : 20;
}

}  // namespace posthorn::crypto
