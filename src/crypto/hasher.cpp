#include "crypto/hasher.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <vector>

namespace posthorn::crypto {
namespace {

template <class Held>
EVP_MD_CTX* context(const Held& held) {
  return static_cast<EVP_MD_CTX*>(held.get());
}

// Contexts that were used up wait for the thread's next Hasher: making one anew costs as much as hashing half a kilobyte.
class Spare {
 public:
  ~Spare() {
    for (auto* one : all_) EVP_MD_CTX_free(one);
  }
  EVP_MD_CTX* take() {
    if (all_.empty()) return EVP_MD_CTX_new();
    auto* one = all_.back();
    all_.pop_back();
    return one;
  }
  void put(EVP_MD_CTX* one) {
    if (all_.size() < 8) all_.push_back(one);
    else EVP_MD_CTX_free(one);
  }

 private:
  std::vector<EVP_MD_CTX*> all_;
};
thread_local Spare spare;

// Fetched once: OpenSSL looks its providers through for each digest that was not.
const EVP_MD* kind_of(Digest digest) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  return digest == Digest::sha256 ? sha256 : sha1;
}

}  // namespace

void Hasher::Return::operator()(void* context) const { spare.put(static_cast<EVP_MD_CTX*>(context)); }

// A digest of bytes in memory fails only when there is no memory left.
Hasher::Hasher(Digest digest) : context_(spare.take()) {
  if (!context_ || EVP_DigestInit_ex(context(context_), kind_of(digest), nullptr) != 1) std::abort();
}

Hasher::Hasher(const Hasher& other) : context_(spare.take()) {
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
