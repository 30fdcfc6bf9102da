// net/tls_settings.h - what every TLS context of Posthorn has in common, and small helpers over OpenSSL.
// Used by tls_context (servers), tls_client and socket_stream only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "base/freed.h"
#include "base/result.h"

namespace posthorn::net {

using SslCtxPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;

// A context with the floor of attacks.md B5: TLS 1.2, ECDHE with AEAD, no compression, renegotiation, tickets or early data.
SslCtxPtr hardened_context(const SSL_METHOD* method);

// Empties OpenSSL's error queue of this thread into one line.
std::string take_openssl_errors();

// attacks.md B9: a host name as SNI may carry it: letters, digits, hyphens and dots, at most 253 octets.
bool is_ldh_name(std::string_view name);

std::string fingerprint_of(const X509* certificate);  // SHA-256 in hex

}  // namespace posthorn::net
