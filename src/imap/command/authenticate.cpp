// imap/command/authenticate.cpp - AUTHENTICATE (RFC 9051 6.2.2) with SASL-IR (RFC 4959): carries the bytes of a SASL exchange in
// base64 lines and asks the accounts.
// Security: only under TLS (attacks.md B4); lines are bounded; bad base64 ends this exchange only (E4); nothing of an exchange is
// logged but the reason of its failure.
#include "base/text.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"
#include "sasl/exchange.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t response_limit = 8'192;

struct Asked {
  std::string_view mechanism;
  std::optional<std::string> initial;  // decoded
};

Taken<Asked> take_mechanism(Cursor& in) {
  Asked asked;
  const auto name = take_space(in) ? take_atom(in) : std::nullopt;
  if (!name) return refuse(bad("AUTHENTICATE takes the name of a mechanism"));
  asked.mechanism = *name;
  if (in.done()) return asked;
  if (!take_space(in)) return refuse(bad("AUTHENTICATE takes the name of a mechanism"));
  // rfc:4959#3 "=" is an initial response that is empty.
  asked.initial = in.rest() == "=" ? std::optional<std::string>(std::string()) : base64_decode(in.rest());
  if (!asked.initial) return refuse(bad("The response is not base64"));
  return asked;
}

// Carries the exchange in continuation lines. `mistake` is what is wrong with the client's lines, if anything.
class LineAsker final : public sasl::Asker {
 public:
  explicit LineAsker(Session& session) : session_(session) {}
  Task<Result<std::string>> ask(std::string challenge) override {
    session_.out.append("+ ").append(base64_encode(challenge)).append("\r\n");
    const auto line = co_await session_.line(response_limit);
    if (!line) co_return fail(Errc::closed, "the session is ending");
    if (*line == "*") {
      mistake = "Authentication cancelled";
      co_return fail(Errc::invalid, "cancelled");
    }
    auto response = base64_decode(*line);
    if (response) co_return std::move(*response);
    mistake = "The response is not base64";
    co_return fail(Errc::invalid, "not base64");
  }
  std::string mistake;

 private:
  Session& session_;
};

}  // namespace

Task<Response> authenticate(Session& session, Call& call) {
  if (!session.may_log_in()) co_return no("PRIVACYREQUIRED", "Use STARTTLS first");
  auto asked = take_mechanism(call.in);
  if (!asked) co_return asked.error();
  const auto exporter = session.stream->tls() ? session.stream->tls()->exporter : std::string();
  const auto server = sasl::make_server(asked->mechanism, exporter);
  if (!server) co_return no("CANNOT", "This mechanism is not offered");
  LineAsker asker(session);
  auto initial = std::move(asked->initial);
  std::string service("imap");
  auto address = session.stream->peer().address;
  auto login = co_await sasl::exchange(*server, std::move(initial), asker, session.accounts, std::move(service), std::move(address));
  if (session.closing) co_return said();
  if (!login && login.error().code == Errc::invalid) {
    session.count_failed_login();
    co_return bad(asker.mistake.empty() ? "This is not what the mechanism expects" : asker.mistake);
  }
  if (!login) co_return login_refused(session, login.error());
  auto who = std::move(*login);
  co_return session.begin(std::move(who));
}

}  // namespace posthorn::imap
