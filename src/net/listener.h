// net/listener.h - accepting connections: spread over the runtime's threads, limited per address and network
// (attacks.md 2G: 30 per IPv4 /32 or IPv6 /64, 90 per /26 or /48, 270 per /21 or /32), paused on EMFILE (faults.md 13).
// One acceptor hands connections to the threads in turn: with SO_REUSEPORT a second server could quietly take half of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/result.h"
#include "base/stream.h"
#include "net/pressure.h"
#include "net/runtime.h"
#include "net/tls_context.h"
#include "net/tolls.h"

namespace posthorn::net {

// A socket that is bound but does not listen yet: ports under 1024 are taken while there is root, before anything else is done.
class BoundSocket {
 public:
  explicit BoundSocket(int descriptor) : descriptor_(descriptor) {}
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};
Result<std::shared_ptr<BoundSocket>> bind_socket(const Endpoint& at);

struct ListenOptions {
  Endpoint at = {};               // port 0: any; see Listener::at()
  std::shared_ptr<BoundSocket> bound = {};  // bound to `at` already; nothing: listen() binds
  bool implicit_tls = false;      // handshake before the session starts, at most 10 s (attacks.md B8)
  std::size_t per_address = 30, per_network = 90, per_wide_network = 270;  // 0: no limit
  Pressure* pressure = nullptr;   // of the whole server; may be none
  std::string too_busy = {};      // sent in clear to those whom the pressure keeps out, e.g. "421 4.3.2 ...\r\n"
  Tolls* tolls = nullptr;         // of connections and handshakes; none: there are none. Outlives the sessions
  std::string too_many = {};      // sent in clear before closing when over a limit, e.g. "421 4.7.0 ...\r\n"; may be empty
};

// Starts one session for a connection; the returned coroutine runs on the stream's executor and owns the stream.
// An exception that leaves it is logged as a bug and ends that session only.
using StartSession = std::function<Task<void>(std::unique_ptr<Stream>)>;

class Listener {
 public:
  virtual ~Listener() = default;     // stops accepting; sessions go on. Before the Runtime's destructor.
  virtual Endpoint at() const = 0;
  virtual std::size_t sessions() const = 0;  // connections whose stream is alive
  virtual void stop_accepting() = 0;
  virtual void wake_all() = 0;       // sessions that only wait for their client end now (Stream::wake)
  virtual void close_all() = 0;      // closes the streams of all sessions (end of the grace time)
};

// Binds at once (so that rights can be dropped), accepts once the runtime runs. `tls` may be null: then no TLS is offered.
// `clock`, `log` and `tls` must outlive the runtime's sessions. IPv6 listeners take IPv6 only.
Result<std::unique_ptr<Listener>> listen(Runtime& runtime, Clock& clock, Log& log, ListenOptions options, TlsContext* tls,
                                         StartSession start);

}  // namespace posthorn::net
