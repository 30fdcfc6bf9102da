// net/tls_client.h - what a TLS client needs: contexts with the trusted CAs, and a connection set up for one server.
// Used by dialer and socket_stream.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/stream.h"
#include "net/tls_settings.h"

namespace posthorn::net {

// Thread-safe. Reading a file of CAs costs milliseconds and a megabyte, so contexts are kept; a changed file is read again.
class ClientContexts {
 public:
  // `ca_file` empty: the system's CAs.
  Result<std::shared_ptr<SSL_CTX>> find(const std::string& ca_file);

 private:
  struct Kept {
    std::shared_ptr<SSL_CTX> context;
    long long changed = 0;  // when the file was written, in nanoseconds
  };
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

// A connection in client state: SNI, name check, TLSA records.
Result<SslPtr> client_connection(SSL_CTX* context, const TlsClientOptions& options);

// Fills what the handshake told of the server's certificate.
void read_verification(SSL* ssl, const TlsClientOptions& options, TlsFacts& facts);

}  // namespace posthorn::net
