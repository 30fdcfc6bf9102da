// imap/server.h - an IMAP4rev1 and IMAP4rev2 session over a Stream (RFC 3501, 9051 and extensions: docs/rfcs.md).
// Security: reads attacker bytes before login (attacks.md E1-E7): line 8 KiB, list depth 1, 16 KiB in all before login.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/stream.h"
#include "base/task.h"
#include "net/account_connections.h"
#include "net/budget.h"
#include "net/pressure.h"
#include "net/tolls.h"
#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::imap {

struct ServerOptions {
  std::string host_name;
  bool implicit_tls = false;                  // 993
  bool insecure_login = false;                // LOGIN and AUTHENTICATE in clear, for tests and benchmarks on loopback only
  std::uint64_t append_limit = 50u << 20;     // RFC 7889
  Duration search_time = std::chrono::seconds(2);    // of work for one SEARCH, then NO [LIMIT] (attacks.md E5)
  net::Pressure* pressure = nullptr;                 // under stress the time before login is short
  net::AccountConnections* connections = nullptr;    // of an account at once (attacks.md E10)
  net::Budget* budget = nullptr;     // memory for messages that are being received, over all sessions; none: no limit
  net::Tolls* tolls = nullptr;       // a login gives back what the connection cost; none: nothing costs
  Duration login_timeout = std::chrono::seconds(60);
  Duration idle_timeout = std::chrono::minutes(30);  // RFC 9051 5.4
};

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, store::Store& store, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping);

}  // namespace posthorn::imap
