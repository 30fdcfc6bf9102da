// smtp/server/session.h - an SMTP server session: what it knows, how it reads lines and answers. The commands (smtp/command/)
// work on it; the table of commands is in commands.h. serve() in session.cpp makes one.
// Fails by ending: `closing` is set and the last reply, if any, is written. Security: all waits have a deadline, the input
// buffer holds at most a line and one read, text goes to the transaction's budget (attacks.md A5, A6, A16, A17, A19).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/line_reader.h"
#include "smtp/server.h"
#include "smtp/server/incoming.h"

namespace posthorn::smtp {

enum class Counting : std::uint8_t { yes, no };

class Session {
 public:
  Session(std::unique_ptr<Stream> given, const ServerOptions& server_options, Handler& post, sasl::Accounts& who, Clock& time, Log& logger,
          const std::atomic<bool>& stop);
  Task<void> run();

  // Answers are kept back while more commands are in the input, and written together (rfc:2920#3.2).
  // Refusals count towards the session's limits unless the client cannot help it.
  void say(const Reply& reply, Counting counting = Counting::yes);
  void say(std::uint16_t code, std::string enhanced, std::string text);
  // The last word: then the session ends. `why` is for the log.
  void close_with(const Reply& reply, std::string why);
  void close_silently(std::string why);
  Task<bool> flush();
  // Writes what was kept back and reads more, until then at the latest. False: the session is ending.
  Task<bool> fill(SteadyTime until);
  // A line of at most `limit` octets into `line`. False: the session is ending.
  Task<bool> next_line(std::size_t limit, SteadyTime until);
  // Whether the client has sent nothing beyond what was read: a sync point of pipelining.
  bool client_is_silent() const { return input.empty() && !stream->readable(); }
  // The moment by which the client's next line must be there.
  SteadyTime line_deadline() const;
  // Ends the transaction: EHLO, RSET, STARTTLS, or its text was answered.
  void reset_transaction() { incoming.reset(); }
  // Hands the complete text to the post office and answers.
  Task<void> finish_message();
  void count_idle();
  // What a stranger did costs his network tokens. When none are left the session ends with 421 (hardening.md 5.6).
  void charge(double cost);
  // He turned out to be of use: what his connection cost is given back.
  void give_back();
  // From now on he is somebody, until STARTTLS forgets him or his login is over, and with it the session (attacks.md F6).
  void log_in(sasl::Login login);
  void log_out();

  std::unique_ptr<Stream> stream;
  const ServerOptions& options;
  Handler& handler;
  sasl::Accounts& accounts;
  Clock& clock;
  Log& log;
  net::LineReader input;
  Peer peer;
  std::optional<Incoming> incoming;
  std::string line;
  bool closing = false;
  bool drain = false;                    // the client may still be writing: read what is there, so that it gets our last word
  bool mail_or_auth_seen = false;
  std::size_t messages = 0, transactions = 0, unknown_recipients = 0, failed_auths = 0;

 private:
  Task<bool> greet();
  Task<void> command();
  Task<void> finish();
  void check_limits();
  bool stressed() const;
  void end_login();

  const std::atomic<bool>& stopping_;
  std::shared_ptr<void> login_watch_;
  std::string output_;
  std::string reason_;
  SteadyTime started_;
  std::size_t commands_ = 0, errors_ = 0, idle_ = 0;
  bool out_of_tokens_ = false, login_over_ = false;
};

// The text after DATA and BDAT must flow at 500 octets a second, averaged over a minute (attacks.md A17): every 30 000 octets
// have a minute to come.
class TextFlow {
 public:
  explicit TextFlow(Clock& clock) : clock_(clock), since_(clock.steady()) {}
  SteadyTime deadline() const { return since_ + std::chrono::seconds(60); }
  void got(std::size_t octets) {
    octets_ += octets;
    if (octets_ < 30'000) return;
    octets_ = 0;
    since_ = clock_.steady();
  }

 private:
  Clock& clock_;
  SteadyTime since_;
  std::size_t octets_ = 0;
};

}  // namespace posthorn::smtp
