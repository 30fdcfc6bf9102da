#include "crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <cstdlib>

#include "base/freed.h"

namespace posthorn::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

constexpr std::size_t scalar_bytes = 32, point_bytes = 65;

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
std::shared_ptr<void> held(Key key) {
  return {key.release(), [](void* given) { EVP_PKEY_free(static_cast<EVP_PKEY*>(given)); }};
}

// OpenSSL's error queue is the thread's: what failed here must not surprise TLS later.
template <class T>
T forgetting(T value) {
  ERR_clear_error();
  return value;
}

// nullptr: the numbers are no key of the curve. fromdata() checks that the point is on it.
Key make_key(std::string_view point, const BIGNUM* secret) {
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder) std::abort();
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  if (secret != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret);
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) std::abort();
  EVP_PKEY* key = nullptr;
  const bool made = EVP_PKEY_fromdata(context.get(), &key, secret != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  return forgetting(made ? Key(key) : Key());
}

Key public_key(std::string_view point) {
  if (point.size() != point_bytes || point.front() != 4) return {};
  return make_key(point, nullptr);
}

std::string number_bytes(const BIGNUM* number) {
  std::string bytes(scalar_bytes, '\0');
  if (BN_bn2binpad(number, out(bytes), static_cast<int>(bytes.size())) < 0) std::abort();
  return bytes;
}

bool verify(std::string_view point, std::string_view message, const unsigned char* der, std::size_t size) {
  const auto key = public_key(point);
  const DigestContext context(EVP_MD_CTX_new());
  if (!context) std::abort();
  return forgetting(key && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), der, size, in(message), message.size()) == 1);
}

}  // namespace

P256Key P256Key::generate() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) std::abort();  // no randomness (faults.md 20)
  return P256Key(held(std::move(key)));
}

Result<P256Key> P256Key::from_private(std::string_view scalar) {
  const auto wrong = [] { return forgetting(fail(Errc::invalid, "this is no private key of the curve P-256")); };
  if (scalar.size() != scalar_bytes) return wrong();
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Number secret(BN_bin2bn(in(scalar), static_cast<int>(scalar.size()), nullptr));
  const Point point(EC_POINT_new(group.get()));
  if (BN_is_zero(secret.get()) || BN_cmp(secret.get(), EC_GROUP_get0_order(group.get())) >= 0) return wrong();
  if (EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, nullptr) != 1) std::abort();
  std::string bytes(point_bytes, '\0');
  EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, out(bytes), bytes.size(), nullptr);
  auto key = make_key(bytes, secret.get());
  if (!key) return wrong();
  return P256Key(held(std::move(key)));
}

std::string P256Key::private_bytes() const {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(raw(key_), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) std::abort();
  return number_bytes(Number(number).get());
}

std::string P256Key::public_point() const {
  std::string bytes(point_bytes, '\0');
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(raw(key_), OSSL_PKEY_PARAM_PUB_KEY, out(bytes), bytes.size(), &size) != 1 || size != point_bytes) std::abort();
  return bytes;
}

Result<std::string> P256Key::shared_secret(std::string_view point) const {
  const auto other = public_key(point);
  if (!other) return fail(Errc::invalid, "this is no point of the curve P-256");
  const KeyContext context(EVP_PKEY_CTX_new(raw(key_), nullptr));
  if (!context || EVP_PKEY_derive_init(context.get()) != 1) std::abort();
  std::string secret(scalar_bytes, '\0');
  std::size_t size = secret.size();
  const bool derived = EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 && EVP_PKEY_derive(context.get(), out(secret), &size) == 1;
  if (!forgetting(derived) || size != scalar_bytes) return fail(Errc::invalid, "this is no point of the curve P-256");
  return secret;
}

std::string P256Key::sign(std::string_view message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string der(128, '\0');
  std::size_t size = der.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, raw(key_)) != 1 ||
      EVP_DigestSign(context.get(), out(der), &size, in(message), message.size()) != 1)
    std::abort();
  const auto* at = in(der);
  const Signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  if (!pair) std::abort();
  return number_bytes(ECDSA_SIG_get0_r(pair.get())) + number_bytes(ECDSA_SIG_get0_s(pair.get()));
}

bool p256_verify(std::string_view point, std::string_view message, std::string_view der) { return verify(point, message, in(der), der.size()); }

bool p256_verify_raw(std::string_view point, std::string_view message, std::string_view signature) {
  if (signature.size() != 2 * scalar_bytes) return false;
  const Signature pair(ECDSA_SIG_new());
  const auto number = [signature](std::size_t at) { return BN_bin2bn(in(signature) + at, static_cast<int>(scalar_bytes), nullptr); };
  if (!pair || ECDSA_SIG_set0(pair.get(), number(0), number(scalar_bytes)) != 1) std::abort();
  std::string der(128, '\0');
  auto* at = out(der);
  const int size = i2d_ECDSA_SIG(pair.get(), &at);
  return size > 0 && verify(point, message, in(der), static_cast<std::size_t>(size));
}

}  // namespace posthorn::crypto
