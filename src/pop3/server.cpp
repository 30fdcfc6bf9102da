#include "pop3/server.h"

#include <algorithm>

#include "pop3/grammar.h"
#include "pop3/session.h"

namespace posthorn::pop3 {
namespace {

constexpr std::size_t line_limit = 510;  // rfc:2449#4: 512 with the CRLF
constexpr unsigned error_limit = 20;
constexpr std::size_t output_limit = 65'536;

constexpr Command commands[] = {
    {"CAPA", capa, true, true},   {"USER", user, true, false},  {"PASS", pass, true, false},  {"AUTH", auth, true, false},
    {"STLS", stls, true, false},  {"UTF8", utf8, true, false},  {"LANG", lang, true, true},   {"STAT", stat, false, true},
    {"LIST", list, false, true},  {"UIDL", uidl, false, true},  {"RETR", retr, false, true},  {"TOP", top, false, true},
    {"DELE", dele, false, true},  {"RSET", rset, false, true},  {"NOOP", noop, false, true},  {"QUIT", quit, true, true},
};

Task<void> run_one(Session& session, std::string line) {
  const auto parsed = parse_command(line);
  const auto* command = find_command(parsed.keyword);
  if (command == nullptr) {
    session.err("unknown command");
  } else if (session.state == State::authorization ? !command->before_login : !command->after_login) {
    session.err(session.state == State::authorization ? "log in first" : "you are logged in already");
  } else {
    co_await command->run(session, parsed.argument);
  }
}

}  // namespace

const Command* find_command(std::string_view keyword) {
  const auto* found = std::ranges::find(commands, keyword, &Command::keyword);
  return found == std::end(commands) ? nullptr : found;
}

DropMessage* Session::find(std::uint32_t number) {
  if (number == 0 || number > messages.size() || messages[number - 1].deleted) return nullptr;
  return &messages[number - 1];
}

Task<bool> Session::flush() {
  if (out.empty()) co_return true;
  stream->deadline(std::chrono::minutes(5));  // a reader that takes nothing for so long is gone (attacks.md E6)
  auto written = co_await stream->write(out);
  out.clear();
  co_return written.has_value();
}

// Reads one line; what is to be said is said first, together, once no further command waits (RFC 2449 6.6).
Task<Result<std::string>> Session::line(std::size_t limit) {
  if (out.size() > output_limit || !reader.buffered().contains('\n')) {
    const bool written = co_await flush();
    if (!written) co_return fail(Errc::closed, "the client is gone");
  }
  Duration wait = options.idle_timeout;
  if (state == State::authorization) wait = std::max<Duration>(std::chrono::milliseconds(1), options.login_timeout - (clock.steady() - started));
  stream->deadline(wait);
  co_return co_await reader.line(limit);
}

Task<void> serve(std::unique_ptr<Stream> stream, const ServerOptions& options, store::Store& store, sasl::Accounts& accounts,
                 Clock& clock, Log& log, const std::atomic<bool>& stopping) {
  auto& raw = *stream;
  Session session{std::move(stream), options, store, accounts, clock, log, stopping, net::LineReader(raw), clock.steady(), State::authorization, {}, {}, {}, {}, false, 0, {}};
  // attacks.md E9: no timestamp in the greeting, APOP is not offered.
  session.ok(options.host_name + " POP3 ready");
  while (session.state != State::over) {
    auto line = co_await session.line(line_limit);
    if (!line) {
      if (line.error().code == Errc::timeout) session.err("[SYS/TEMP] you were silent for too long");
      if (line.error().code == Errc::too_big || line.error().code == Errc::invalid) session.err("this is no command line");
      break;
    }
    auto text = std::move(*line);
    co_await run_one(session, std::move(text));
    if (session.errors >= error_limit) {
      session.err("too many errors");
      break;
    }
    if (stopping && session.state != State::over) {
      session.err("[SYS/TEMP] the server is going down, please come back");
      break;
    }
  }
  // rfc:1939#3 a session that ends without QUIT deletes nothing.
  co_await session.flush();
  session.stream->close();
}

}  // namespace posthorn::pop3
