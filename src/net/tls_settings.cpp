#include "net/tls_settings.h"

#include <openssl/err.h>

#include "base/text.h"

namespace posthorn::net {

SslCtxPtr hardened_context(const SSL_METHOD* method) {
  SslCtxPtr context(SSL_CTX_new(method));
  if (!context) return nullptr;
  SSL_CTX* ctx = context.get();
  // rfc:8996#5 TLS 1.0 and 1.1 are not negotiated.
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
  // Tickets are off rather than rotated: a full P-256 handshake costs a millisecond, a leaked ticket key costs secrecy.
  // The server's order of ciphers counts, but for a client without AES in hardware, who says so by naming ChaCha20 first.
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_num_tickets(ctx, 0);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(ctx, 0);
  // Idle connections give their record buffers back: 16 KiB a connection instead of 29 (toolchain.md 2).
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(ctx, 0);
  return context;
}

std::string take_openssl_errors() {
  std::string text;
  while (const auto code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    // "error:0A00010B:SSL routines::wrong version number": the part after the last colon is for people.
    std::string_view part(line);
    if (const auto colon = part.rfind(':'); colon != part.npos) part.remove_prefix(colon + 1);
    if (!text.empty()) text += "; ";
    text += part;
  }
  return text.empty() ? "no reason given" : text;
}

bool is_ldh_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  for (const char c : name) {
    const bool ldh = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!ldh) return false;
  }
  return true;
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return {};
  std::string bytes;
  for (unsigned int i = 0; i < length; ++i) bytes += static_cast<char>(digest[i]);
  return hex(bytes);
}

}  // namespace posthorn::net
