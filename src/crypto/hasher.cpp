#include "crypto/hasher.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace posthorn::crypto {
namespace {

EVP_MD_CTX* context(const std::shared_ptr<void>& held) { return static_cast<EVP_MD_CTX*>(held.get()); }

std::shared_ptr<void> new_context() {
  return {EVP_MD_CTX_new(), [](void* raw) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(raw)); }};
}

}  // namespace

// A digest of bytes in memory fails only when there is no memory left.
Hasher::Hasher(Digest digest) : context_(new_context()) {
  const EVP_MD* kind = digest == Digest::sha256 ? EVP_sha256() : EVP_sha1();
  if (!context_ || EVP_DigestInit_ex(context(context_), kind, nullptr) != 1) std::abort();
}

Hasher::Hasher(const Hasher& other) : context_(new_context()) {
  if (!context_ || EVP_MD_CTX_copy_ex(context(context_), context(other.context_)) != 1) std::abort();
}

void Hasher::write(std::string_view bytes) {
  if (EVP_DigestUpdate(context(context_), bytes.data(), bytes.size()) != 1) std::abort();
}

std::string Hasher::finish() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context(context_), reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) std::abort();
  digest.resize(size);
  return digest;
}

}  // namespace posthorn::crypto
