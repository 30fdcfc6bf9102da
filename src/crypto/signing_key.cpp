#include "crypto/signing_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <mutex>

#include "base/freed.h"
#include "crypto/public_key_der.h"

namespace posthorn::crypto {
namespace {

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

const unsigned char* in(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
std::shared_ptr<void> held(EVP_PKEY* key) {
  return {key, [](void* given) { EVP_PKEY_free(static_cast<EVP_PKEY*>(given)); }};
}

KeyKind kind_of(const EVP_PKEY* key) {
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? KeyKind::ed25519 : KeyKind::rsa;
}
unsigned bits_of(const EVP_PKEY* key) {
  return kind_of(key) == KeyKind::ed25519 ? 256U : static_cast<unsigned>(EVP_PKEY_get_bits(key));
}

// OpenSSL's error queue is the thread's: what failed here must not surprise TLS later.
std::unexpected<Error> bad_key(const std::string& what, std::string todo = {}) {
  ERR_clear_error();
  return fail(Errc::invalid, what, std::move(todo));
}

// Never asks the terminal for a passphrase.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*given*/) { return -1; }

// PKCS #1 v1.5 (rfc:8017#8.2), what DKIM's rsa-sha256 means (rfc:6376#3.3.2).
bool use_pkcs1(EVP_PKEY_CTX* context, Digest digest) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, digest == Digest::sha256 ? EVP_sha256() : EVP_sha1()) == 1;
}

KeyContext verifying(EVP_PKEY* key, Digest digest) {
  KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) != 1 || !use_pkcs1(context.get(), digest)) return {};
  return context;
}

Number number_of(std::string_view bytes) { return Number(BN_bin2bn(in(bytes), static_cast<int>(bytes.size()), nullptr)); }

EVP_PKEY* rsa_of(const RsaNumbers& numbers) {
  const Number modulus = number_of(numbers.modulus), exponent = number_of(numbers.exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder) std::abort();
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) return nullptr;
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  return EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1 ? key : nullptr;
}

}  // namespace

// OpenSSL takes about as long to make ready for an RSA verification as for a fifth of it, so what is ready stays with the key. A context
// is one thread's at a time; who comes second makes one of their own.
struct VerifyingKey::Prepared {
  explicit Prepared(EVP_PKEY* given) : key(given), kind(kind_of(given)), bits(bits_of(given)) {}
  std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key;
  KeyKind kind;
  unsigned bits;
  std::mutex in_use;
  KeyContext sha256;
};

// What is known of a key that another process holds.
struct SigningKey::Far {
  KeyKind kind;
  unsigned bits;
  std::string public_bytes;
  std::function<Result<std::string>(std::string_view)> sign;
};

SigningKey SigningKey::elsewhere(KeyKind kind, unsigned bits, std::string public_bytes, std::function<Result<std::string>(std::string_view)> sign) {
  SigningKey key{std::shared_ptr<void>()};
  key.far_ = std::make_shared<const Far>(kind, bits, std::move(public_bytes), std::move(sign));
  return key;
}

Result<SigningKey> SigningKey::generate(KeyKind kind, unsigned bits) {
  EVP_PKEY* key = kind == KeyKind::ed25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits});
  if (key == nullptr) return bad_key("no key of " + std::to_string(bits) + " bits could be made", "Use 2048 bits");
  return SigningKey(held(key));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr;
  if (key == nullptr) return bad_key("this is no private key in PEM form", "Give PKCS #8 or PKCS #1 without a passphrase");
  auto owned = held(key);
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_ED25519) return bad_key("DKIM signs with RSA and Ed25519 only");
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < 512)
    return bad_key("this RSA key is too short to sign SHA-256", "Make a new key");
  // A key whose halves do not fit together would fail later, at the first message.
  const KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_pairwise_check(context.get()) != 1) return bad_key("the halves of this key do not fit together");
  return SigningKey(std::move(owned));
}

std::string SigningKey::pem() const {
  if (far_) return {};
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), raw(key_), nullptr, nullptr, 0, nullptr, nullptr) != 1) std::abort();
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

KeyKind SigningKey::kind() const { return far_ ? far_->kind : kind_of(raw(key_)); }
unsigned SigningKey::bits() const { return far_ ? far_->bits : bits_of(raw(key_)); }

std::string SigningKey::public_bytes() const {
  if (far_) return far_->public_bytes;
  if (kind() == KeyKind::ed25519) {
    std::string bytes(32, '\0');
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(raw(key_), out(bytes), &size) != 1 || size != 32) std::abort();
    return bytes;
  }
  const int size = i2d_PUBKEY(raw(key_), nullptr);
  if (size <= 0) std::abort();
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* at = out(der);
  if (i2d_PUBKEY(raw(key_), &at) != size) std::abort();
  return der;
}

// With a sound key of our own this fails only when there is no memory left.
Result<std::string> SigningKey::sign(std::string_view digest32) const {
  if (far_) return far_->sign(digest32);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(raw(key_))), '\0');
  std::size_t size = signature.size();
  if (kind() == KeyKind::ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, raw(key_)) != 1) std::abort();
    if (EVP_DigestSign(context.get(), out(signature), &size, in(digest32), digest32.size()) != 1) std::abort();
  } else {
    const KeyContext context(EVP_PKEY_CTX_new(raw(key_), nullptr));
    if (!context || EVP_PKEY_sign_init(context.get()) != 1 || !use_pkcs1(context.get(), Digest::sha256)) std::abort();
    if (EVP_PKEY_sign(context.get(), out(signature), &size, in(digest32), digest32.size()) != 1) std::abort();
  }
  signature.resize(size);
  return signature;
}

Result<VerifyingKey> VerifyingKey::rsa(std::string_view der) {
  const auto numbers = read_rsa_public_key(der);
  if (!numbers) return bad_key("these bytes are no RSA public key");
  return rsa(numbers->modulus, numbers->exponent);
}

Result<VerifyingKey> VerifyingKey::rsa(std::string_view modulus, std::string_view exponent) {
  constexpr std::size_t longest_modulus = 2048;  // 16,384 bits, OpenSSL's own limit
  constexpr std::size_t longest_exponent = 8;    // a longer one only makes verifying slow
  for (auto* number : {&modulus, &exponent}) number->remove_prefix(std::min(number->find_first_not_of('\0'), number->size()));
  if (modulus.size() > longest_modulus || exponent.size() > longest_exponent) return bad_key("the numbers of this RSA key are too long");
  if (modulus.empty() || exponent.empty() || (modulus.back() & 1) == 0 || (exponent.back() & 1) == 0 || exponent == "\x01")
    return bad_key("the numbers of this RSA key cannot be right");
  EVP_PKEY* key = rsa_of(RsaNumbers{modulus, exponent});
  if (key == nullptr) return bad_key("OpenSSL does not take this RSA key");
  return VerifyingKey(std::make_shared<Prepared>(key));
}

Result<VerifyingKey> VerifyingKey::ed25519(std::string_view bytes) {
  if (bytes.size() != 32) return bad_key("an Ed25519 public key has 32 bytes, this has " + std::to_string(bytes.size()));
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, in(bytes), bytes.size());
  if (key == nullptr) return bad_key("OpenSSL does not take this Ed25519 key");
  return VerifyingKey(std::make_shared<Prepared>(key));
}

KeyKind VerifyingKey::kind() const { return prepared_->kind; }
unsigned VerifyingKey::bits() const { return prepared_->bits; }

bool VerifyingKey::verify(std::string_view digest, std::string_view signature, Digest digest_kind) const {
  bool good = false;
  const std::unique_lock first(prepared_->in_use, std::try_to_lock);
  EVP_PKEY* const key = prepared_->key.get();
  if (kind() == KeyKind::ed25519) {
    const DigestContext context(EVP_MD_CTX_new());
    good = context && signature.size() == 64 && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), in(signature), signature.size(), in(digest), digest.size()) == 1;
  } else {
    auto& ready = prepared_->sha256;
    KeyContext own;
    if (!first.owns_lock() || digest_kind != Digest::sha256) own = verifying(key, digest_kind);
    else if (!ready) ready = verifying(key, Digest::sha256);
    EVP_PKEY_CTX* const context = own ? own.get() : ready.get();
    good = context != nullptr && EVP_PKEY_verify(context, in(signature), signature.size(), in(digest), digest.size()) == 1;
  }
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace posthorn::crypto
