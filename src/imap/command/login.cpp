// imap/command/login.cpp - LOGIN (RFC 9051 6.2.3).
// Security: attacks.md B4: in clear the password is not looked at. Wrong user and wrong password are one answer (E13).
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

struct Credentials {
  std::string user, password;
};

std::optional<Credentials> take_credentials(Cursor& in) {
  if (!take_space(in)) return std::nullopt;
  auto user = take_astring(in);
  if (!user || !take_space(in)) return std::nullopt;
  auto password = take_astring(in);
  if (!password || !in.done()) return std::nullopt;
  return Credentials{std::move(*user), std::move(*password)};
}

}  // namespace

Task<Response> login(Session& session, Call& call) {
  if (!session.may_log_in()) co_return no("PRIVACYREQUIRED", "Use STARTTLS first");
  const auto given = take_credentials(call.in);
  if (!given) co_return bad("LOGIN takes a user and a password");
  auto who = co_await session.accounts.check_password(given->user, given->password, "imap", session.stream->peer().address);
  if (!who) co_return login_refused(session, who.error());
  auto login = std::move(*who);
  co_return session.begin(std::move(login));
}

Response login_refused(Session& session, const Error& error) {
  session.log.info("imap.login_failed", {{"client", session.stream->peer().address}, {"why", error.what}});
  session.count_failed_login();
  if (error.code == Errc::refused) return no("AUTHENTICATIONFAILED", std::string(sasl::refusal_text(error)));
  return no("UNAVAILABLE", "Cannot check now, try again later");
}

}  // namespace posthorn::imap
