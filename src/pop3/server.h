// pop3/server.h - a POP3 session over a Stream (RFC 1939, 2449, 2595, 5034, 6856).
// Security: reads attacker bytes before login: line 512 octets (answers to AUTH 4 KiB before base64), 20 errors, 3 logins, 60 s.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/stream.h"
#include "base/task.h"
#include "net/account_connections.h"
#include "net/pressure.h"
#include "net/tolls.h"
#include "sasl/accounts.h"
#include "store/store.h"

namespace posthorn::pop3 {

struct ServerOptions {
  std::string host_name;
  bool implicit_tls = false;   // 995
  bool insecure_login = false; // USER, PASS and AUTH in clear, for tests and benchmarks on loopback only
  net::Pressure* pressure = nullptr;                 // under stress the time before login is short
  net::AccountConnections* connections = nullptr;    // of an account at once (attacks.md E10)
  net::Tolls* tolls = nullptr;  // a login gives back what the connection cost; none: nothing costs
  Duration login_timeout = std::chrono::seconds(60);
  std::size_t login_limit = 3; // failed logins, then the end
  Duration idle_timeout = std::chrono::minutes(10);  // RFC 1939 3
};

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, store::Store& store, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping);

}  // namespace posthorn::pop3
