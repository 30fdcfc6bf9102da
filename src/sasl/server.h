// sasl/server.h - SASL as a server: PLAIN, LOGIN, SCRAM-SHA-256 and -PLUS (RFC 4616, 5802, 7677, 9266).
// A pure state machine that asks questions; SMTP, IMAP and POP3 carry its bytes (base64 is theirs to undo).
// Security: reads bytes before login. Each message is at most 4 KiB; one object is one attempt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "crypto/password.h"

namespace posthorn::sasl {

struct Challenge { std::string bytes; };                        // send it, then step() with the answer
struct CheckPassword { std::string user, password; };           // ask the accounts, then resume(bool)
struct FindVerifier { std::string user; };                      // ask the accounts, then resume(verifier)
// bytes: data to send with success; may be empty. fitted: of SCRAM, those of the verifier's keys.
struct Success { std::string user; std::string bytes; std::optional<crypto::ScramKeys> fitted{}; };
// reason is for the log; the peer learns nothing. `temporary`: whether it was right could not be found out.
struct Failure { std::string reason; bool malformed = false; bool temporary = false; };
using Step = std::variant<Challenge, CheckPassword, FindVerifier, Success, Failure>;

class Server {
 public:
  virtual ~Server() = default;
  // The client's next message; the first is its initial response, or nothing if there was none.
  virtual Step step(std::optional<std::string_view> message) = 0;
  virtual Step resume(bool password_good) = 0;
  // For an unknown user the accounts give one without keys, whose salt depends on the name only (attacks.md E13).
  virtual Step resume(const crypto::ScramVerifier& verifier) = 0;
};

// Names to advertise, best first. Nothing without TLS; -PLUS only with a channel binding.
std::vector<std::string_view> mechanisms(bool tls, bool channel_binding);

// nullptr: no such mechanism here. `exporter` is the tls-exporter binding (TlsFacts::exporter), may be empty.
// `nonce` is SCRAM's part of the server; empty: random. Tests give their own.
std::unique_ptr<Server> make_server(std::string_view mechanism, std::string exporter, std::string nonce = {});

}  // namespace posthorn::sasl
