#include "app/lab/authority.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <vector>

#include "base/freed.h"
#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::app::lab {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

constexpr long hour = 3600;
constexpr long validity = 400L * 24 * hour;

std::unexpected<Error> broken(const char* what) { return fail(Errc::io, std::string("OpenSSL could not ") + what); }

std::string text_in(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Bio memory(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

Result<std::string> pem_of(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return broken("write a private key");
  return text_in(out.get());
}

Result<std::string> pem_of(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return broken("write a certificate");
  return text_in(out.get());
}

Result<Key> read_key(const std::string& pem) {
  const auto in = memory(pem);
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  if (!key) return broken("read a private key");
  return key;
}

bool set_name(X509* certificate, const std::string& common_name) {
  auto* name = X509_get_subject_name(certificate);
  std::vector<unsigned char> bytes(common_name.begin(), common_name.end());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes.data(), static_cast<int>(bytes.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// What CA and host certificates have in common. rfc:5280#4.1
Result<Certificate> blank(EVP_PKEY* key, const std::string& common_name) {
  Certificate out(X509_new());
  if (!out || X509_set_version(out.get(), X509_VERSION_3) != 1 || X509_set_pubkey(out.get(), key) != 1 || !set_name(out.get(), common_name))
    return broken("make a certificate");
  // rfc:5280#4.1.2.2 positive and at most 20 octets.
  const auto serial = crypto::random_number() >> 1;
  if (ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), serial | 1) != 1) return broken("number a certificate");
  if (X509_gmtime_adj(X509_getm_notBefore(out.get()), -hour) == nullptr || X509_gmtime_adj(X509_getm_notAfter(out.get()), validity) == nullptr)
    return broken("date a certificate");
  return out;
}

Result<Issued> signed_by(X509* certificate, EVP_PKEY* issuer_key, EVP_PKEY* own_key) {
  if (X509_sign(certificate, issuer_key, EVP_sha256()) == 0) return broken("sign a certificate");
  Issued out;
  TRY_ASSIGN(out.certificate, pem_of(certificate));
  TRY_ASSIGN(out.key, pem_of(own_key));
  return out;
}

}  // namespace

Result<Issued> make_authority(const std::string& name) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return broken("make a key");
  TRY_ASSIGN(const auto certificate, blank(key.get(), name));
  auto* c = certificate.get();
  if (X509_set_issuer_name(c, X509_get_subject_name(c)) != 1 || !add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") || !add_extension(c, c, NID_subject_key_identifier, "hash"))
    return broken("make the authority's certificate");
  return signed_by(c, key.get(), key.get());
}

Result<Issued> issue(const Issued& authority, const std::string& host, const std::string& ip) {
  TRY_ASSIGN(const auto issuer_key, read_key(authority.key));
  const auto in = memory(authority.certificate);
  const Certificate issuer(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!issuer) return broken("read the authority's certificate");
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return broken("make a key");
  TRY_ASSIGN(const auto certificate, blank(key.get(), host));
  auto* c = certificate.get();
  if (X509_set_issuer_name(c, X509_get_subject_name(issuer.get())) != 1 || !add_extension(c, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(c, issuer.get(), NID_key_usage, "critical,digitalSignature") || !add_extension(c, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add_extension(c, issuer.get(), NID_subject_key_identifier, "hash") || !add_extension(c, issuer.get(), NID_authority_key_identifier, "keyid:always") ||
      !add_extension(c, issuer.get(), NID_subject_alt_name, "DNS:" + host + ",IP:" + ip))
    return broken("make a host's certificate");
  return signed_by(c, issuer_key.get(), key.get());
}

Result<std::string> make_rsa_key() {
  const Key key(EVP_RSA_gen(2048));
  if (!key) return broken("make an RSA key");
  return pem_of(key.get());
}

Result<std::string> public_part(const std::string& private_pem) {
  TRY_ASSIGN(const auto key, read_key(private_pem));
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || i2d_PUBKEY_bio(out.get(), key.get()) != 1) return broken("write a public key");
  return base64_encode(text_in(out.get()));
}

}  // namespace posthorn::app::lab
