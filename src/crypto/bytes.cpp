#include "crypto/bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstdlib>

namespace posthorn::crypto {
namespace {

// The one place where text becomes the byte pointers that the C libraries want.
const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// sodium_init() is safe to call from any thread and any number of times; failing means there is no randomness (faults.md 20).
void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out(digest), &size, EVP_sha256(), nullptr) != 1) std::abort();
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), in(bytes), bytes.size(), out(digest), &size) == nullptr) std::abort();
  return digest;
}

// rfc:5869#2 in its two steps. More than 255 blocks would be a bug of the caller: the counter is one byte.
std::string hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info, std::size_t length) {
  if (length > std::size_t{255} * 32) std::abort();
  const std::string zero(32, '\0');
  const std::string extracted = hmac_sha256(salt.empty() ? std::string_view(zero) : salt, key);
  std::string okm, block;
  for (unsigned char i = 1; okm.size() < length; ++i) {
    block = hmac_sha256(extracted, block + std::string(info) + static_cast<char>(i));
    okm += block;
  }
  okm.resize(length);
  return okm;
}

std::string random_bytes(std::size_t count) {
  need_sodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::uint64_t random_number() {
  need_sodium();
  std::uint64_t value = 0;
  randombytes_buf(&value, sizeof value);
  return value;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::uint64_t xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t siphash(std::string_view key16, std::string_view bytes) {
  static_assert(siphash_key_bytes == crypto_shorthash_KEYBYTES);
  if (key16.size() != siphash_key_bytes) std::abort();
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), in(bytes), bytes.size(), in(key16));
  return std::bit_cast<std::uint64_t>(hash);
}

std::string seal(std::string_view key32, std::string_view plain, std::string_view bound) {
  need_sodium();
  if (key32.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES) std::abort();
  constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  std::string sealed(nonce_size + plain.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  randombytes_buf(sealed.data(), nonce_size);
  const std::string nonce = sealed.substr(0, nonce_size);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out(sealed) + nonce_size, &size, in(plain), plain.size(), in(bound), bound.size(), nullptr, in(nonce), in(key32));
  sealed.resize(nonce_size + size);
  return sealed;
}

Result<std::string> open(std::string_view key32, std::string_view sealed, std::string_view bound) {
  constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
  if (key32.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES || sealed.size() < nonce_size + tag_size)
    return fail(Errc::corrupt, "sealed bytes are too short");
  need_sodium();
  std::string plain(sealed.size() - nonce_size - tag_size, '\0');
  unsigned long long size = 0;
  const auto body = sealed.substr(nonce_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out(plain), &size, nullptr, in(body), body.size(), in(bound), bound.size(), in(sealed), in(key32)) != 0)
    return fail(Errc::corrupt, "sealed bytes do not check: they were altered, or the key is another one");
  plain.resize(size);
  return plain;
}

}  // namespace posthorn::crypto
