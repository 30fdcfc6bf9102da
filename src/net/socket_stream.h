// net/socket_stream.h - the Stream over TCP: plain, and TLS by OpenSSL directly on the descriptor.
// asio::ssl::stream would cost 76 KB an idle connection; waiting for readiness and letting OpenSSL read costs 16 (toolchain.md
// 2). Made by listener and dialer only. Security: reads at most what the caller asked for; OpenSSL bounds its records. After a
// TLS error or end the socket is never read again (attacks.md A4).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "base/clock.h"
#include "base/stream.h"
#include "net/tls_client.h"
#include "net/tls_context.h"
#include "net/tolls.h"

namespace posthorn::net {

struct SocketSetup {
  const TlsContext* server_tls = nullptr;      // none: TLS is not offered
  std::shared_ptr<ClientContexts> client_tls;  // none: start_tls_client is not supported
  std::shared_ptr<void> pass;                  // freed with the stream: how a listener learns that it is gone
  Tolls* tolls = nullptr;                      // what a handshake as server costs
};

// `socket` is connected. SIGPIPE must be ignored (Runtime does).
std::unique_ptr<Stream> make_socket_stream(boost::asio::ip::tcp::socket socket, Clock& clock, SocketSetup setup);

}  // namespace posthorn::net
