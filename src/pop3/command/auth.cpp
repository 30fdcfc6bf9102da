// AUTH (rfc:5034): every SASL mechanism, with an initial response, and `*` to break off.
// Security: before login. Only under TLS (attacks.md B4).
#include "base/text.h"
#include "pop3/login.h"
#include "sasl/exchange.h"
#include "sasl/scram.h"

namespace posthorn::pop3 {
namespace {

// rfc:5034#4 lines as long as our mechanisms need: their longest message in base64.
constexpr std::size_t auth_line_limit = (sasl::message_limit + 2) / 3 * 4;

class LineAsker final : public sasl::Asker {
 public:
  explicit LineAsker(Session& session) : session_(session) {}
  Task<Result<std::string>> ask(std::string challenge) override {
    session_.out += "+ " + base64_encode(challenge) + "\r\n";
    auto line = co_await session_.line(auth_line_limit);
    if (!line) {
      const auto code = line.error().code;
      if (code == Errc::too_big || code == Errc::invalid) session_.err("this is no answer to the challenge");
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
  session.user.clear();
  LineAsker asker(session);
  std::string service("pop3");
  auto address = session.stream->peer().address;
  auto login = co_await sasl::exchange(*server, std::move(initial), asker, session.accounts, std::move(service), std::move(address));
  if (!login) {
    if (session.state != State::over) answer_login_failure(session, login.error());
    co_return;
  }
  auto good = std::move(*login);
  co_await open_maildrop(session, std::move(good));
}

}  // namespace posthorn::pop3
