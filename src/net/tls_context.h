// net/tls_context.h - server certificates by name, swapped without dropping a connection (TLS 1.2+, attacks.md B5, B7).
// Called by main (load, reload) and by streams at their handshake. Fails with what is wrong with which file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace posthorn::net {

struct CertificateFiles {
  std::string certificate = {};  // PEM: leaf, then chain
  std::string key = {};          // PEM
};

// What a client gets that asks for a name of none of our certificates (attacks.md B7).
enum class UnknownName : std::uint8_t { default_certificate, refused };

// What the connections of one service must agree to.
struct TlsTerms {
  // The protocols to agree to (RFC 7301): empty, the extension is ignored; else a client that offers only others is refused
  // (attacks.md A19), one that offers none is served.
  std::vector<std::string> alpn = {};
  UnknownName unknown_name = UnknownName::default_certificate;
};

// Thread-safe. Streams take the context of the moment of their handshake and keep it.
class TlsContext {
 public:
  // The first pair is the default; others are chosen by SNI from their subjectAltNames. Pairs are checked
  // (key matches, readable, not a directory...) before anything changes; on error the old ones stay.
  static Result<std::unique_ptr<TlsContext>> load(std::vector<CertificateFiles> files, TlsTerms terms = {});
  // Reads the files again. A certificate that changed must be valid now, so that a bad renewal never replaces a good one.
  Status reload();
  std::shared_ptr<SSL_CTX> current() const;
  ~TlsContext();

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace posthorn::net
