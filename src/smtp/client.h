// smtp/client.h - an SMTP client session over a Stream: greeting, EHLO, STARTTLS, AUTH, messages, QUIT.
// Security: the server's replies are hostile bytes (attacks.md A10, B2): lines, counts and time are bounded.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/stream.h"
#include "base/task.h"
#include "smtp/types.h"

namespace posthorn::smtp {

enum class TlsNeed : std::uint8_t { never, opportunistic, required, verified };

struct ClientOptions {
  std::string helo;
  TlsNeed tls = TlsNeed::opportunistic;
  bool implicit_tls = false;                 // port 465
  TlsClientOptions tls_options;
  std::string user, password;                // AUTH, if not empty (SCRAM-SHA-256, then PLAIN; only under TLS)
  // RFC 5321 4.5.3.2
  Duration greeting_timeout = std::chrono::minutes(5), command_timeout = std::chrono::minutes(5);
  Duration data_timeout = std::chrono::minutes(2), block_timeout = std::chrono::minutes(3), end_timeout = std::chrono::minutes(10);
};

// One line of the dialogue, for evidence and narration. Passwords are never in it.
struct Spoken { bool client = false; std::string line; Duration at{}; };
using Listener = std::function<void(const Spoken&)>;

struct Outgoing {
  MailFrom from;
  std::vector<RcptTo> recipients;
  std::string_view message;  // CRLF lines; the client refuses a bare CR or LF (attacks.md A2) and stuffs dots
};

// The fate of each recipient. An error without a reply (connection lost, timeout, TLS) has code 0.
struct Fate {
  Reply reply;
  bool delivered() const { return reply.code >= 200 && reply.code < 300; }
  bool permanent() const { return reply.code >= 500; }
};
struct Outcome {
  std::vector<Fate> fates;       // one a recipient, same order
  bool in_doubt = false;         // lost after the final dot, before its reply: may be a duplicate next time (faults.md 3)
  bool connection_usable = true; // for another message
};

class Client {
 public:
  virtual ~Client() = default;
  // Greeting to AUTH. An Error's what is fit for the queue's record; code refused: permanent, others: try later.
  virtual Task<Status> open() = 0;
  virtual Task<Outcome> send(const Outgoing& outgoing) = 0;
  virtual Task<void> quit() = 0;
  virtual const std::optional<TlsFacts>& tls() const = 0;
  // Whether open() failed because TLS could not be had: after TlsNeed::opportunistic the caller may come again, over a new
  // connection and with TlsNeed::never, and says so in its record.
  virtual bool tls_failed() const = 0;
  virtual bool offered(std::string_view extension) const = 0;  // in the last EHLO
};
std::unique_ptr<Client> make_client(std::unique_ptr<Stream> stream, ClientOptions options, Clock& clock, Listener listener = {});

}  // namespace posthorn::smtp
