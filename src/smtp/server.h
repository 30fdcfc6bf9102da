// smtp/server.h - an SMTP server session over a Stream (RFC 5321 and its extensions). The post office answers through
// Handler; the session owns the dialogue: grammar, order, limits, TLS, AUTH, strict line ends.
// Security: reads attacker bytes before login. Line 4 KiB, deadlines and error counts below; text is held once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/stream.h"
#include "base/task.h"
#include "net/pressure.h"
#include "net/tolls.h"
#include "sasl/accounts.h"
#include "smtp/types.h"

namespace posthorn::smtp {

enum class Service : std::uint8_t { relay, submission, submissions };  // 25, 587, 465 (TLS from the first byte)

struct ServerOptions {
  std::string host_name;                       // banner and EHLO
  Service service = Service::relay;
  std::uint64_t message_limit = 50u << 20;     // SIZE
  std::size_t recipient_limit = 1000;
  std::size_t error_limit = 20;                // refused commands, then 421 (attacks.md A16)
  std::size_t idle_limit = 100;                // commands since the last message that bring none nearer, then 421
  std::size_t unknown_limit = 10;              // recipients refused with 5.1.1, then a pause and 421 (attacks.md A15)
  std::size_t transaction_limit = 1000;        // MAILMAX of RFC 9422
  std::size_t auth_limit = 3;                  // failed AUTH, then 421
  std::size_t command_limit = 4096;            // octets of a command line
  std::size_t line_limit = 65'536;             // octets of a text line
  net::Tolls* tolls = nullptr;                 // errors and unknown recipients cost tokens, good mail and logins give some back
  bool insecure_auth = false;                  // AUTH in clear, for tests and benchmarks on loopback only
  net::Pressure* pressure = nullptr;           // under stress deadlines are 10 s and one error is enough (hardening.md 5.6)
  Duration command_timeout = std::chrono::minutes(5);
  Duration before_mail_timeout = std::chrono::seconds(60);  // connect to first MAIL or AUTH (attacks.md A17)
  Duration session_timeout = std::chrono::hours(2);
};

// One message under way: lifetime of a transaction is not that of a session.
struct Transaction {
  MailFrom from;
  std::vector<RcptTo> recipients;  // those that were accepted
  std::string message;             // CRLF lines, dots unstuffed, no bare CR or LF; complete
  WallTime started{};
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Each answers with the Reply to send; a positive one accepts. The session has checked grammar, order and limits.
  virtual Task<Reply> connected(const Peer& peer) = 0;                                  // 220, 421 or 554; 220 may have no text
  virtual Task<Reply> mail(const Peer& peer, const MailFrom& from) = 0;
  virtual Task<Reply> rcpt(const Peer& peer, const MailFrom& from, const RcptTo& to) = 0;
  // 250 only after the commit is durable.
  virtual Task<Reply> message(const Peer& peer, Transaction transaction) = 0;
  // A budget over all sessions for text being received; false: 452 4.3.1. Given back by release().
  virtual bool reserve(std::uint64_t bytes) = 0;
  virtual void release(std::uint64_t bytes) = 0;
};

// Talks until QUIT, an error or a deadline; then the stream is closed. `stopping` true: finish the command, then 421.
Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, Handler& handler, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping);

}  // namespace posthorn::smtp
