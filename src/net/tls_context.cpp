#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/text.h"
#include "net/tls_settings.h"

namespace posthorn::net {
namespace {

constexpr off_t largest_pem = 1 << 20;

// One certificate with its key, ready to serve.
struct Pair {
  SslCtxPtr context;
  std::vector<std::string> names;  // subjectAltName dNSNames in lower case, perhaps "*.example.org"
  std::string fingerprint;
};

bool covers(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  // rfc:6125#6.4.3 a wildcard stands for one whole left-most label.
  if (!pattern.starts_with("*.")) return false;
  const auto dot = name.find('.');
  return dot != name.npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

// All pairs of one load; never changes afterwards. Streams share it, so a reload does not pull it from under them.
struct CertificateSet {
  std::vector<Pair> pairs;
  std::string alpn;  // wire form
  UnknownName unknown_name = UnknownName::default_certificate;

  SSL_CTX* find(std::string_view name) const {
    for (const auto& pair : pairs)
      for (const auto& pattern : pair.names)
        if (covers(pattern, name)) return pair.context.get();
    return nullptr;
  }
};

// Security: the name comes from the network before any authentication. It is only compared, after the LDH check.
int choose_certificate(SSL* ssl, int* alert, void* set) {
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto& ours = *static_cast<const CertificateSet*>(set);
  if (asked == nullptr || !is_ldh_name(asked)) return SSL_TLSEXT_ERR_NOACK;
  auto name = to_lower(asked);
  if (name.ends_with('.')) name.pop_back();
  if (auto* context = ours.find(name)) {
    SSL_set_SSL_CTX(ssl, context);
    return SSL_TLSEXT_ERR_OK;
  }
  // rfc:6066#3 the default certificate is served and the name not acknowledged, or unrecognized_name ends the handshake. An address is
  // no name, though some clients send theirs.
  const bool is_address = name.find_first_not_of("0123456789.") == name.npos;
  if (ours.unknown_name == UnknownName::default_certificate || is_address) return SSL_TLSEXT_ERR_NOACK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned int in_length,
                    void* set) {
  const auto& ours = static_cast<const CertificateSet*>(set)->alpn;
  unsigned char* chosen = nullptr;
  std::vector<unsigned char> wire(ours.begin(), ours.end());
  const int found = SSL_select_next_proto(&chosen, out_length, wire.data(), static_cast<unsigned>(wire.size()), in, in_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // rfc:7301#3.2 no_application_protocol
  // `chosen` points into our short-lived copy: find the same bytes in what the client sent.
  for (unsigned int at = 0; at < in_length; at += in[at] + 1U) {
    if (in[at] != *out_length || std::memcmp(in + at + 1, chosen, *out_length) != 0) continue;
    *out = in + at + 1;
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<std::string> read_pem(const std::string& path) {
  const std::string advice = "Check tls.certificate and tls.key in posthorn.toml.";
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return fail(Errc::not_found, path + ": " + std::strerror(errno), advice);
  if (!S_ISREG(info.st_mode)) return fail(Errc::invalid, path + " is not a file", advice);
  if (info.st_size > largest_pem) return fail(Errc::too_big, path + " is too big for a PEM file", advice);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(Errc::io, path + " cannot be read", "Check its owner and mode.");
  return text.str();
}

BioPtr memory_bio(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Without this OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const auto* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    std::string text;
    const auto* bytes = ASN1_STRING_get0_data(name->d.dNSName);
    for (int j = 0; j < ASN1_STRING_length(name->d.dNSName); ++j) text += static_cast<char>(bytes[j]);
    names.push_back(to_lower(text));
  }
  GENERAL_NAMES_free(list);
  return names;
}

Status use_chain(SSL_CTX* ctx, const CertificateFiles& files, const std::string& pem, Pair& pair) {
  auto bio = memory_bio(pem);
  X509Ptr leaf(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  if (!leaf)
    return fail(Errc::invalid, files.certificate + " holds no certificate: " + take_openssl_errors(),
                "It must be PEM, leaf first.");
  if (SSL_CTX_use_certificate(ctx, leaf.get()) != 1)
    return fail(Errc::invalid, files.certificate + ": " + take_openssl_errors(),
                "Get a certificate with a stronger key or signature.");
  while (auto* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
      X509_free(next);
      return fail(Errc::invalid, files.certificate + ": a chain certificate is refused: " + take_openssl_errors());
    }
  }
  const auto last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) != ERR_LIB_PEM || ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
    return fail(Errc::invalid, files.certificate + " is broken after its first certificate: " + take_openssl_errors());
  ERR_clear_error();
  pair.names = names_of(leaf.get());
  pair.fingerprint = fingerprint_of(leaf.get());
  return {};
}

Result<Pair> load_pair(const CertificateFiles& files) {
  ERR_clear_error();
  TRY_ASSIGN(const auto certificate, read_pem(files.certificate));
  TRY_ASSIGN(auto secret, read_pem(files.key));
  Pair pair;
  pair.context = hardened_context(TLS_server_method());
  if (!pair.context) return fail(Errc::unavailable, "OpenSSL gave no context: " + take_openssl_errors());
  TRY(use_chain(pair.context.get(), files, certificate, pair));
  KeyPtr key(PEM_read_bio_PrivateKey(memory_bio(secret).get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(secret.data(), secret.size());
  if (!key)
    return fail(Errc::invalid, files.key + " holds no private key: " + take_openssl_errors(),
                "It must be PEM without a passphrase.");
  if (SSL_CTX_use_PrivateKey(pair.context.get(), key.get()) != 1 || SSL_CTX_check_private_key(pair.context.get()) != 1)
    return fail(Errc::invalid, files.key + " does not belong to " + files.certificate + ": " + take_openssl_errors(),
                "Give the key with which the certificate was requested.");
  return pair;
}

Status check_validity(const Pair& pair, const CertificateFiles& files) {
  const X509* leaf = SSL_CTX_get0_certificate(pair.context.get());
  if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
    return fail(Errc::invalid, files.certificate + " is not valid yet", "Check the clock of this machine.");
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
    return fail(Errc::invalid, files.certificate + " has expired", "Renew it.");
  return {};
}

Result<std::shared_ptr<CertificateSet>> load_set(const std::vector<CertificateFiles>& files,
                                                 const TlsTerms& terms) {
  if (files.empty()) return fail(Errc::invalid, "no TLS certificate is configured");
  auto set = std::make_shared<CertificateSet>();
  set->unknown_name = terms.unknown_name;
  for (const auto& protocol : terms.alpn) {
    if (protocol.empty() || protocol.size() > 255) return fail(Errc::invalid, "an ALPN protocol has 1 to 255 octets");
    set->alpn += static_cast<char>(protocol.size());
    set->alpn += protocol;
  }
  for (const auto& one : files) {
    TRY_ASSIGN(auto pair, load_pair(one));
    SSL_CTX_set_tlsext_servername_callback(pair.context.get(), choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(pair.context.get(), set.get());
    if (!terms.alpn.empty()) SSL_CTX_set_alpn_select_cb(pair.context.get(), choose_protocol, set.get());
    set->pairs.push_back(std::move(pair));
  }
  return set;
}

}  // namespace

struct TlsContext::State {
  std::vector<CertificateFiles> files;
  TlsTerms terms;
  mutable std::mutex mutex;  // guards `set`
  std::shared_ptr<const CertificateSet> set;
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::load(std::vector<CertificateFiles> files, TlsTerms terms) {
  // An expired certificate is served all the same: opportunistic TLS on port 25 is better than none (faults.md 11).
  TRY_ASSIGN(auto set, load_set(files, terms));
  auto state = std::make_unique<State>();
  state->files = std::move(files);
  state->terms = std::move(terms);
  state->set = std::move(set);
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

Status TlsContext::reload() {
  TRY_ASSIGN(auto fresh, load_set(state_->files, state_->terms));
  const std::lock_guard lock(state_->mutex);
  for (std::size_t i = 0; i < fresh->pairs.size(); ++i) {
    if (fresh->pairs[i].fingerprint == state_->set->pairs[i].fingerprint) continue;
    TRY(check_validity(fresh->pairs[i], state_->files[i]));
  }
  state_->set = std::move(fresh);
  return {};
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
  const std::lock_guard lock(state_->mutex);
  // Shares the whole set, because the callback of the default context looks into it.
  return {state_->set, state_->set->pairs.front().context.get()};
}

}  // namespace posthorn::net
