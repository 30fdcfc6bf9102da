// base/stream.h - the Stream door: one connection to a peer, plain or TLS, real or in memory.
// Real: net/socket_stream (TCP, TLS by OpenSSL on the descriptor). Tests: net/pipe_stream.
// A session owns its stream; all calls come from the stream's executor, one read and one write at a time.
// Fails with Errc::timeout (the deadline passed), closed (the peer is gone), io.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace posthorn {

// An IP address and port as text; "::ffff:1.2.3.4" is always written "1.2.3.4".
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  std::string text() const { return address.contains(':') ? "[" + address + "]:" + std::to_string(port) : address + ":" + std::to_string(port); }
};

// What was negotiated; kept as evidence with every message.
struct TlsFacts {
  std::string version;           // "TLSv1.3"
  std::string cipher;            // "TLS_AES_256_GCM_SHA384"
  std::string server_name;       // SNI as sent (server) or asked (client); may be empty
  std::string peer_subject;      // of the peer's certificate; empty without one
  std::string peer_fingerprint;  // SHA-256 in hex; empty without one
  bool verified = false;         // client side: chain and name were checked and good
  std::string verify_error;      // client side: why not
  std::string exporter;          // RFC 9266 tls-exporter, for SCRAM -PLUS; empty if not to be had
  bool by_dane = false;          // client side: it is TlsClientOptions::tlsa that made `verified` true
};

// One TLSA record (RFC 6698 2.1) to check a server's certificate against.
struct TlsaRecord {
  std::uint8_t usage = 0, selector = 0, matching = 0;
  std::string data;
};

// How to go to TLS as a client. The server side's certificate is given to the stream by its listener.
struct TlsClientOptions {
  std::string server_name = {};     // for SNI and the name check
  bool require_verified = false;    // fail the handshake if chain or name are bad
  std::string ca_file = {};         // empty: the system's
  // DANE: with records of usage 2 or 3 here they decide instead of the CAs (RFC 7672 3.1; others are not usable and left out).
  std::vector<TlsaRecord> tlsa = {};
  // With DANE: other names that its certificate may carry (RFC 7672 3.2.2).
  std::vector<std::string> also_named = {};
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Waits for bytes and appends those that are there, at most `max`, to `to`. 0 is the orderly end.
  // An idle stream owns no buffer: nothing is reserved in `to` before bytes are there.
  // rfc:8446#6.1 a TLS close_notify or error ends the stream for good, the socket is never read in clear again.
  virtual Task<Result<std::size_t>> read_append(std::string& to, std::size_t max = 16384) = 0;
  // Whether bytes of the peer are already here: a read would not wait. False if that cannot be told. A server asks it at
  // points where the peer must be silent (attacks.md A5, B1).
  virtual bool readable() const { return false; }
  // Writes all of `bytes`, which must stay valid until then.
  virtual Task<Status> write(std::string_view bytes) = 0;

  // STARTTLS. The caller has made sure that nothing it read is left over (attacks.md B1, B2).
  virtual Task<Status> start_tls_server() = 0;
  virtual Task<Status> start_tls_client(TlsClientOptions options) = 0;
  virtual bool offers_tls() const = 0;                         // a server certificate is there
  virtual const std::optional<TlsFacts>& tls() const = 0;      // nothing while in clear

  // One timer a connection: when it fires, reads and writes fail with Errc::timeout. Zero: no deadline.
  virtual void deadline(Duration from_now) = 0;
  // While a session only waits to be asked something it says so; then wake() makes its read fail with Errc::timeout at once. So a server
  // that stops says goodbye to those who idle, and lets the others finish.
  virtual void may_wake(bool) {}
  virtual void wake() {}
  // Ends both directions at once (TLS: close_notify is tried once, without waiting).
  virtual void close() = 0;

  virtual Endpoint peer() const = 0;
  virtual Endpoint local() const = 0;
  virtual Executor executor() const = 0;
};

}  // namespace posthorn
