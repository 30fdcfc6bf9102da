// smtp/command/auth.cpp - AUTH (RFC 4954): carries the bytes of a SASL exchange in base64 lines and asks the accounts.
// Security: only on submission and under TLS (attacks.md B4); lines of 12288 octets at most (rfc:4954#4); nothing of an exchange
// is logged but the reason of its failure.
#include "base/text.h"
#include "sasl/exchange.h"
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

constexpr std::size_t response_limit = 12'288;

std::optional<Reply> refuse_now(const Session& session) {
  if (!session.peer.submission) return make_reply(502, "5.5.1", "AUTH is not offered here; use the submission port");
  if (!session.peer.esmtp) return make_reply(503, "5.5.1", "Say EHLO first");
  if (session.peer.account) return make_reply(503, "5.5.1", "You are logged in already");
  if (session.incoming) return make_reply(503, "5.5.1", "A transaction is under way");
  if (!session.peer.tls && !session.options.insecure_auth) return make_reply(538, "5.7.11", "Use STARTTLS first");
  return std::nullopt;
}

// Carries the exchange in 334 lines. `reply` is what is wrong with the client's lines, if anything.
class LineAsker final : public sasl::Asker {
 public:
  explicit LineAsker(Session& session) : session_(session) {}
  Task<Result<std::string>> ask(std::string challenge) override {
    session_.say(334, "", base64_encode(challenge));
    const auto until = session_.line_deadline();
    const bool got = co_await session_.next_line(response_limit, until);
    if (!got) co_return fail(Errc::closed, "the session is ending");
    if (session_.line == "*") {
      reply = make_reply(501, "5.7.0", "Authentication cancelled");
      co_return fail(Errc::invalid, "cancelled");
    }
    auto response = base64_decode(session_.line);
    session_.line.clear();
    if (response) co_return std::move(*response);
    reply = make_reply(501, "5.5.2", "The response is not base64");
    co_return fail(Errc::invalid, "not base64");
  }
  std::optional<Reply> reply;

 private:
  Session& session_;
};

Reply reply_to(const Error& error) {
  switch (error.code) {
    // rfc:4954#6 5.7.9: right, but too weak a way to show it.
    case Errc::refused: return error.todo.empty() ? make_reply(535, "5.7.8", "Wrong user or password") : make_reply(534, "5.7.9", std::string(sasl::refusal_text(error)));
    case Errc::invalid: return make_reply(501, "5.5.2", "This is not what the mechanism expects");
    default: return make_reply(454, "4.7.0", "Cannot check now, try again later");
  }
}

void refuse(Session& session, Reply reply, const Error& error) {
  reply.log = error.what;
  session.log.info("smtp.auth_failed", {{"client", session.peer.client.address}, {"why", reply.log}});
  session.say(reply);
  if (++session.failed_auths < session.options.auth_limit) return;
  const auto enough = make_reply(421, "4.7.0", "Too many failed attempts");
  session.close_with(enough, "too many failed AUTH");
}

}  // namespace

Task<void> auth(Session& session, std::string_view arguments) {
  if (const auto problem = refuse_now(session)) {
    session.say(*problem);
    co_return;
  }
  auto command = parse_auth(arguments);
  session.line.clear();
  if (!command) {
    session.say(command.error());
    co_return;
  }
  const auto exporter = session.peer.tls ? session.peer.tls->exporter : std::string();
  auto server = sasl::make_server(command->mechanism, exporter);
  if (!server) {
    session.say(504, "5.5.4", "This mechanism is not offered");
    co_return;
  }
  session.mail_or_auth_seen = true;
  LineAsker asker(session);
  auto initial = std::move(command->initial_response);
  std::string service("smtp");
  auto address = session.peer.client.address;
  auto login = co_await sasl::exchange(*server, std::move(initial), asker, session.accounts, std::move(service), std::move(address));
  if (session.closing) co_return;
  if (!login) {
    auto reply = asker.reply ? *asker.reply : reply_to(login.error());
    refuse(session, std::move(reply), login.error());
    co_return;
  }
  session.log_in(std::move(*login));
  if (session.closing) co_return;
  session.say(235, "2.7.0", "Welcome");
}

}  // namespace posthorn::smtp
