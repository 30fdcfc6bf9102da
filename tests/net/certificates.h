// Certificates for the TLS tests, made at run time in a folder of the test's own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <string>

#include "net/tls_context.h"
#include "net/tls_settings.h"

namespace posthorn::net::test {

struct Issued {
  X509Ptr certificate;
  KeyPtr key;
};

struct Wish {
  std::string common_name = "test";
  std::string alternative_names = {};  // as OpenSSL writes them: "DNS:a.test,DNS:*.b.test"; empty makes a CA
  long from_seconds = -3600, to_seconds = 86400;
};

inline void extend(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or by itself.
inline Issued issue(const Wish& wish, const Issued* issuer = nullptr) {
  static long serial = 1;
  Issued made{X509Ptr(X509_new()), KeyPtr(EVP_EC_gen("P-256"))};
  X509* cert = made.certificate.get();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), wish.from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(cert), wish.to_seconds);
  X509_set_pubkey(cert, made.key.get());
  auto* name = X509_get_subject_name(cert);
  const std::vector<unsigned char> text(wish.common_name.begin(), wish.common_name.end());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text.data(), static_cast<int>(text.size()), -1, 0);
  X509_set_issuer_name(cert, issuer != nullptr ? X509_get_subject_name(issuer->certificate.get()) : name);
  if (wish.alternative_names.empty()) {
    extend(cert, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    extend(cert, NID_subject_alt_name, wish.alternative_names);
  }
  X509_sign(cert, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

class Folder {
 public:
  Folder() {
    std::filesystem::create_directories("/tmp/net");
    std::string pattern = "/tmp/net/test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  CertificateFiles write(const std::string& name, const Issued& pair) const {
    CertificateFiles files{*this / (name + ".crt"), *this / (name + ".key")};
    auto* out = std::fopen(files.certificate.c_str(), "w");
    PEM_write_X509(out, pair.certificate.get());
    std::fclose(out);
    out = std::fopen(files.key.c_str(), "w");
    PEM_write_PrivateKey(out, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
    return files;
  }

 private:
  std::string path_;
};

}  // namespace posthorn::net::test
