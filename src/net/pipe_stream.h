// net/pipe_stream.h - two Streams joined in memory, for tests in virtual time. start_tls_* only marks both sides.
#pragma once

#include <memory>
#include <utility>

#include "base/stream.h"

namespace posthorn::net {

struct PipeOptions {
  std::size_t chunk = 0;   // at most this many bytes a read, so that tests cut input anywhere; 0: no cut
  bool offers_tls = true;
  Endpoint client{"127.0.0.1", 50000}, server{"127.0.0.1", 25};
};
// first: the client's end, second: the server's.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(Executor executor, Clock& clock, PipeOptions options = {});

}  // namespace posthorn::net
