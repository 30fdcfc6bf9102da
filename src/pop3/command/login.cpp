// USER, PASS, AUTH, STLS (RFC 1939 7, 5034, 2595): getting to the transaction state.
// Security: before login. Passwords only under TLS (attacks.md B4); a byte behind STLS ends the connection (attacks.md B1).
#include "base/text.h"
#include "mail/address.h"
#include "pop3/grammar.h"
#include "pop3/session.h"
#include "sasl/exchange.h"

namespace posthorn::pop3 {
namespace {

constexpr std::size_t auth_line_limit = 12'288;  // rfc:5034#4

constexpr std::string_view no_clear = "[SYS/PERM] passwords are not taken in clear: use STLS, or the port with TLS";

class LineAsker final : public sasl::Asker {
 public:
  explicit LineAsker(Session& session) : session_(session) {}
  Task<Result<std::string>> ask(std::string challenge) override {
    session_.out += "+ " + base64_encode(challenge) + "\r\n";
    auto line = co_await session_.line(auth_line_limit);
    if (!line) {
      session_.state = State::over;
      co_return fail(line.error());
    }
    if (*line == "*") co_return fail(Errc::invalid, "cancelled");
    auto bytes = base64_decode(*line);
    if (!bytes) co_return fail(Errc::invalid, "not base64");
    co_return std::move(*bytes);
  }

 private:
  Session& session_;
};

}  // namespace

void answer_login_failure(Session& session, const Error& error) {
  session.log.info("pop3.login_failed", {{"client", session.stream->peer().address}, {"why", error.what}});
  // rfc:3206#4 AUTH: the credentials; SYS/TEMP: ours.
  switch (error.code) {
    case Errc::refused: return session.err("[AUTH] wrong user or password");
    case Errc::invalid: return session.err("the exchange was broken off");
    default: return session.err("[SYS/TEMP] cannot log you in now, please try again later");
  }
}

// rfc:1939#8 wants the maildrop locked against other sessions. It is a snapshot instead: IMAP may change the mailbox meanwhile, a message
// that is gone by then answers so, and QUIT deletes just those it marked. RFC 2449 8.1.1 IN-USE is therefore never needed.
Task<void> open_maildrop(Session& session, sasl::Login login) {
  const auto view = session.store.view(login.account);
  auto inbox = view.mailbox(store::inbox_id);
  if (!inbox || !*inbox) {
    session.err("[SYS/TEMP] the mailbox cannot be read");
    co_return;
  }
  auto members = view.members(store::inbox_id);
  if (!members) {
    session.err("[SYS/TEMP] the mailbox cannot be read");
    co_return;
  }
  for (const auto& member : *members) {
    auto email = view.email(member.email);
    if (email && *email) session.messages.push_back(DropMessage{member.uid, member.email, (*email)->size, false});
  }
  session.uidvalidity = (*inbox)->uidvalidity;
  session.login = std::move(login);
  session.state = State::transaction;
  session.log.info("pop3.login", {{"user", session.login.name}, {"client", session.stream->peer().address}});
  session.ok("welcome, " + std::to_string(session.messages.size()) + " messages");
}

Task<void> user(Session& session, std::string_view argument) {
  if (!session.may_log_in()) {
    session.err(no_clear);
  } else if (argument.empty()) {
    session.err("USER needs a name");
  } else {
    session.user = argument;
    session.ok("now the password");  // the same for every name
  }
  co_return;
}

Task<void> pass(Session& session, std::string_view argument) {
  if (!session.may_log_in()) {
    session.err(no_clear);
    co_return;
  }
  if (session.user.empty()) {
    session.err("USER comes first");
    co_return;
  }
  std::string password(argument);
  std::string name;
  name.swap(session.user);
  auto login = co_await session.accounts.check_password(name, password, "pop3", session.stream->peer().address);
  if (!login) {
    answer_login_failure(session, login.error());
    co_return;
  }
  auto good = std::move(*login);
  co_await open_maildrop(session, std::move(good));
}

Task<void> auth(Session& session, std::string_view argument) {
  if (!session.may_log_in()) {
    session.err(no_clear);
    co_return;
  }
  const auto words = split(argument, ' ');
  const auto& tls = session.stream->tls();
  auto server = words.size() > 2 || argument.empty() ? nullptr : sasl::make_server(words[0], tls ? tls->exporter : std::string());
  if (!server) {
    session.err("no such mechanism; CAPA lists them");
    co_return;
  }
  std::optional<std::string> initial;
  if (words.size() == 2) {
    // rfc:5034#4 "=" is an empty initial response.
    initial = words[1] == "=" ? std::string() : base64_decode(words[1]);
    if (!initial) {
      session.err("the initial response is not base64");
      co_return;
    }
  }
  LineAsker asker(session);
  auto login = co_await sasl::exchange(*server, std::move(initial), asker, session.accounts, "pop3", session.stream->peer().address);
  if (!login) {
    if (session.state != State::over) answer_login_failure(session, login.error());
    co_return;
  }
  auto good = std::move(*login);
  co_await open_maildrop(session, std::move(good));
}

Task<void> stls(Session& session, std::string_view) {
  if (session.stream->tls() || !session.stream->offers_tls()) {
    session.err(session.stream->tls() ? "TLS is there already" : "TLS is not to be had here");
    co_return;
  }
  if (!session.reader.empty()) {
    session.log.warn("pop3.injection", {{"client", session.stream->peer().address}});
    session.state = State::over;
    co_return;
  }
  session.ok("begin TLS");
  const bool written = co_await session.flush();
  Status done = fail(Errc::closed, "the client is gone");
  if (written) {
    auto started = co_await session.stream->start_tls_server();
    done = std::move(started);
  }
  if (!done) session.state = State::over;
  session.user.clear();  // rfc:2595#4 nothing learned in clear is kept
}

}  // namespace posthorn::pop3
