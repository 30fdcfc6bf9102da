// pop3/session.h - one POP3 session: its states, its maildrop as it was at login, its commands as a table. Inside pop3/ only.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/line_reader.h"
#include "pop3/server.h"
#include "store/login_watch.h"

namespace posthorn::pop3 {

enum class State : std::uint8_t { authorization, transaction, over };

// attacks.md E6: no more than this waits for a client that does not read, however large the message.
inline constexpr std::size_t write_piece = 262'144;

struct DropMessage {
  Uid uid{};
  EmailId email{};
  std::uint64_t size = 0;
  bool deleted = false;
};

struct Session {
  std::unique_ptr<Stream> stream;
  const ServerOptions& options;
  store::Store& store;
  sasl::Accounts& accounts;
  Clock& clock;
  Log& log;
  const std::atomic<bool>& stopping;

  net::LineReader reader;
  SteadyTime started;
  State state = State::authorization;
  std::string user{};  // after USER
  sasl::Login login{};
  std::unique_ptr<store::LoginWatch> login_watch{};
  UidValidity uidvalidity{};
  std::vector<DropMessage> messages{};  // numbers 1.. in this order for the whole session (rfc:1939#5)
  bool utf8 = false;
  std::size_t errors = 0;         // before login all of them, then those in a row
  std::size_t failed_logins = 0;
  std::string out{};              // replies that are not written yet
  std::shared_ptr<void> place{};  // among the account's connections

  bool logged_in() const { return !login.name.empty(); }
  bool may_log_in() const { return stream->tls() || options.insecure_login; }
  bool client_is_silent() const { return reader.empty() && !stream->readable(); }
  DropMessage* find(std::uint32_t number);  // not those marked deleted

  void ok(std::string_view text);
  void err(std::string_view text);
  // Writes what is to be said. False: the client is gone, and the session over.
  Task<bool> flush();
  Task<Result<std::string>> line(std::size_t limit);
  // How long to wait for the client: `most`, and before login never beyond login_timeout in all.
  Duration patience(Duration most) const;
};

using Run = Task<void> (*)(Session&, std::string_view argument);
enum class When : std::uint8_t { authorization, transaction, always };
enum class Argument : std::uint8_t { none, maybe };
struct Command {
  std::string_view keyword;
  Run run;
  When when;
  Argument argument;
};
const Command* find_command(std::string_view keyword);

Task<void> capa(Session&, std::string_view);
Task<void> user(Session&, std::string_view);
Task<void> pass(Session&, std::string_view);
Task<void> auth(Session&, std::string_view);
Task<void> stls(Session&, std::string_view);
Task<void> utf8(Session&, std::string_view);
Task<void> lang(Session&, std::string_view);
Task<void> stat(Session&, std::string_view);
Task<void> list(Session&, std::string_view);
Task<void> uidl(Session&, std::string_view);
Task<void> retr(Session&, std::string_view);
Task<void> top(Session&, std::string_view);
Task<void> dele(Session&, std::string_view);
Task<void> rset(Session&, std::string_view);
Task<void> noop(Session&, std::string_view);
Task<void> quit(Session&, std::string_view);

}  // namespace posthorn::pop3
