// pop3/session.h - one POP3 session: its states, its maildrop as it was at login, its commands as a table. Inside pop3/ only.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "net/line_reader.h"
#include "pop3/server.h"

namespace posthorn::pop3 {

enum class State : std::uint8_t { authorization, transaction, over };

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
  std::string user;  // after USER
  sasl::Login login;
  UidValidity uidvalidity{};
  std::vector<DropMessage> messages;  // numbers 1.. in this order for the whole session (RFC 1939 5)
  bool utf8 = false;
  unsigned errors = 0;
  std::string out;                    // replies that are not written yet

  void ok(std::string_view text) { out += "+OK " + std::string(text) + "\r\n"; }
  void err(std::string_view text) {
    ++errors;
    out += "-ERR " + std::string(text) + "\r\n";
  }
  bool may_log_in() const { return stream->tls() || options.insecure_login; }
  DropMessage* find(std::uint32_t number);  // not those marked deleted
  Task<bool> flush();
  Task<Result<std::string>> line(std::size_t limit);
};

// Loads INBOX and goes to the transaction state, or answers why not.
Task<void> open_maildrop(Session& session, sasl::Login login);
void answer_login_failure(Session& session, const Error& error);

using Run = Task<void> (*)(Session&, std::string_view argument);
struct Command {
  std::string_view keyword;
  Run run;
  bool before_login, after_login;
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
