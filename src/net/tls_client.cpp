#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/ip/address.hpp>

namespace posthorn::net {
namespace {

long long time_of_change(const std::string& path) {
  struct stat info = {};
  if (path.empty() || ::stat(path.c_str(), &info) != 0) return 0;
  return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
}

Result<std::shared_ptr<SSL_CTX>> make_context(const std::string& ca_file) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(hardened_context(TLS_client_method()));
  if (!context) return fail(Errc::unavailable, "OpenSSL gave no context: " + take_openssl_errors());
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (loaded != 1) return fail(Errc::invalid, "the CAs in " + ca_file + " cannot be used: " + take_openssl_errors());
  SSL_CTX_dane_enable(context.get());
  return context;
}

std::string without_dot(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  return name;
}

// Says how many records count. rfc:7672#3.1.3 usages 0 and 1 are not usable for mail.
Result<int> add_tlsa(SSL* ssl, const std::string& name, const TlsClientOptions& options) {
  int usable = 0;
  for (const auto& record : options.tlsa) {
    if (record.usage != 2 && record.usage != 3) continue;
    if (usable == 0 && SSL_dane_enable(ssl, name.c_str()) != 1) return fail(Errc::unavailable, "DANE: " + take_openssl_errors());
    const std::vector<unsigned char> data(record.data.begin(), record.data.end());
    // 0: the record is malformed or of a kind OpenSSL does not know; it does not count. rfc:7671#10.1.2
    if (SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching, data.data(), data.size()) > 0) ++usable;
  }
  ERR_clear_error();
  // rfc:7672#3.1.1 with usage 3 the record binds the key to the name; names and dates in the certificate do not matter.
  if (usable > 0) {
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (const auto& other : options.also_named) SSL_add1_host(ssl, other.c_str());
  }
  return usable;
}

Status expect_name(SSL* ssl, const std::string& name) {
  boost::system::error_code not_address;
  boost::asio::ip::make_address(name, not_address);
  if (!not_address) {  // rfc:6066#3 an address is never sent as SNI
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
    return {};
  }
  if (!is_ldh_name(name)) return fail(Errc::invalid, "\"" + name + "\" is no host name");
  SSL_set_tlsext_host_name(ssl, name.c_str());
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, name.c_str());
  return {};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> ClientContexts::find(const std::string& ca_file) {
  const auto changed = time_of_change(ca_file);
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(ca_file);
  if (found != kept_.end() && found->second.changed == changed) return found->second.context;
  TRY_ASSIGN(auto context, make_context(ca_file));
  kept_[ca_file] = Kept{context, changed};
  return context;
}

Result<SslPtr> client_connection(SSL_CTX* context, const TlsClientOptions& options) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context));
  if (!ssl) return fail(Errc::unavailable, "OpenSSL gave no connection: " + take_openssl_errors());
  const auto name = without_dot(options.server_name);
  if (!name.empty()) {
    TRY_ASSIGN(const int usable, add_tlsa(ssl.get(), name, options));
    if (usable == 0) TRY(expect_name(ssl.get(), name));
  }
  // Who does not insist on a good certificate shall not fall back to clear text for a weak one.
  SSL_set_security_level(ssl.get(), options.require_verified ? 2 : 1);
  SSL_set_verify(ssl.get(), options.require_verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

void read_verification(SSL* ssl, const TlsClientOptions& options, TlsFacts& facts) {
  const auto result = SSL_get_verify_result(ssl);
  if (result != X509_V_OK) {
    facts.verify_error = X509_verify_cert_error_string(result);
  } else if (SSL_get0_peer_certificate(ssl) == nullptr) {
    facts.verify_error = "the server gave no certificate";
  } else if (options.server_name.empty()) {
    facts.verify_error = "no name to check was given";
  } else {
    facts.verified = true;
    facts.by_dane = SSL_get0_dane_authority(ssl, nullptr, nullptr) >= 0;
  }
}

}  // namespace posthorn::net
