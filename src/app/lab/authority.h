// app/lab/authority.h - the lab's certificate authority and keys: a CA, a certificate a host (EC P-256), DKIM keys (RSA-2048).
// Over OpenSSL's C API; all values are PEM text. Called by `lab up`. Fails only if OpenSSL does.
#pragma once

#include <string>

#include "base/result.h"

namespace posthorn::app::lab {

struct Issued {
  std::string certificate, key;  // PEM
};

Result<Issued> make_authority(const std::string& name);
// For a server: subjectAltName has the host name and the address.
Result<Issued> issue(const Issued& authority, const std::string& host, const std::string& ip);

Result<std::string> make_rsa_key();  // PEM, PKCS #8
// The base64 of the public half, for a DKIM record (RFC 6376 3.6.1 p=).
Result<std::string> public_part(const std::string& private_pem);

}  // namespace posthorn::app::lab
