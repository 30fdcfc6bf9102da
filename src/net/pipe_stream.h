// net/pipe_stream.h - two Streams joined in memory, for tests in virtual time. start_tls_* only marks both sides.
// Semantics are those of net/socket_stream, so that a conversation gives the same results over both (tests/net).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/stream.h"

namespace posthorn::net {

struct PipeOptions {
  std::size_t chunk = 0;   // at most this many bytes a read, so that tests cut input anywhere; 0: no cut
  bool offers_tls = true;
  Endpoint client{"127.0.0.1", 50000}, server{"127.0.0.1", 25};
  std::size_t window = 0;  // a write waits while this many bytes are unread (slow readers); 0: no limit
  // What the client's end finds in the server's certificate; verify_error empty: chain and name are good.
  std::string verify_error = {};
  std::string server_fingerprint = std::string(64, 'a');
};

// first: the client's end, second: the server's. Destroying an end closes it.
//
// Reads give what is left after the peer closed, then 0; writes to a closed peer, and anything after one's own close(), fail
// with Errc::closed. After a deadline fired, reads and writes fail with Errc::timeout until deadline() is called again.
// start_tls_*: whichever end comes first marks both, the other may follow or not. It fails (Errc::io) when bytes sent in clear
// are still unread on the caller's side: a real handshake would choke on them (attacks.md B1, B2).
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(Executor executor, Clock& clock, PipeOptions options = {});

// Ends one direction of a pipe as TCP's half-close does: the peer reads 0 but its writes still arrive here.
void finish_writing(Stream& pipe_end);

}  // namespace posthorn::net
