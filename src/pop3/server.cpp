#include "pop3/server.h"

#include <algorithm>

#include "net/foreign.h"
#include "pop3/grammar.h"
#include "pop3/session.h"

namespace posthorn::pop3 {
namespace {

constexpr std::size_t line_limit = 510;  // rfc:2449#4 asks for 255 with the CRLF; names and passwords may be long
constexpr std::size_t error_limit = 20, error_limit_after_login = 100;

constexpr Command commands[] = {
    {"CAPA", capa, When::always, Argument::none},        {"USER", user, When::authorization, Argument::maybe},
    {"PASS", pass, When::authorization, Argument::maybe}, {"AUTH", auth, When::authorization, Argument::maybe},
    {"STLS", stls, When::authorization, Argument::none},  {"UTF8", utf8, When::authorization, Argument::none},
    {"LANG", lang, When::always, Argument::maybe},        {"STAT", stat, When::transaction, Argument::none},
    {"LIST", list, When::transaction, Argument::maybe},   {"UIDL", uidl, When::transaction, Argument::maybe},
    {"RETR", retr, When::transaction, Argument::maybe},   {"TOP", top, When::transaction, Argument::maybe},
    {"DELE", dele, When::transaction, Argument::maybe},   {"RSET", rset, When::transaction, Argument::none},
    {"NOOP", noop, When::transaction, Argument::none},    {"QUIT", quit, When::always, Argument::none},
};

Task<void> run_one(Session& session, std::string line) {
  const auto parsed = parse_command(line);
  const auto* command = find_command(parsed.keyword);
  const auto now = session.state == State::authorization ? When::authorization : When::transaction;
  if (command == nullptr) {
    session.err("unknown command");
  } else if (command->when != When::always && command->when != now) {
    session.err(now == When::authorization ? "log in first" : "you are logged in already");
  } else if (command->argument == Argument::none && !parsed.argument.empty()) {
    session.err("this command takes no argument");
  } else {
    co_await command->run(session, parsed.argument);
  }
}

Task<void> converse(Session& session) {
  // attacks.md E9: no timestamp in the greeting, APOP is not offered.
  session.ok(session.options.host_name + " POP3 ready");
  while (session.state != State::over) {
    auto line = co_await session.line(line_limit);
    if (!line) {
      // rfc:1939#3 an autologout closes the connection without a word. A line that cannot be one is told so.
      if (line.error().code == Errc::timeout && session.stopping) session.err("[SYS/TEMP] the server is going down, please come back");
      if (line.error().code == Errc::too_big || line.error().code == Errc::invalid) session.err("this is no command line");
      co_return;
    }
    auto text = std::move(*line);
    if (!session.logged_in() && net::is_http(text)) {
      session.err("this is a mail server");
      co_return;
    }
    co_await run_one(session, std::move(text));
    if (session.state == State::over) co_return;
    if (session.errors >= (session.logged_in() ? error_limit_after_login : error_limit)) {
      session.err("too many errors");
      co_return;
    }
    if (session.stopping) {
      session.err("[SYS/TEMP] the server is going down, please come back");
      co_return;
    }
  }
}

}  // namespace

const Command* find_command(std::string_view keyword) {
  const auto* found = std::ranges::find(commands, keyword, &Command::keyword);
  return found == std::end(commands) ? nullptr : found;
}

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, store::Store& store, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping) {
  auto& raw = *stream;
  Session session{std::move(stream), options, store, accounts, clock, log, stopping, net::LineReader(raw), clock.steady()};
  co_await converse(session);
  // rfc:1939#6 a session that ends without QUIT deletes nothing.
  co_await session.flush();
  session.stream->close();
}

}  // namespace posthorn::pop3
