// PASS (rfc:1939#7).
// Security: before login. Passwords only under TLS (attacks.md B4).
#include "pop3/login.h"
#include "sasl/credential.h"

namespace posthorn::pop3 {

Task<void> pass(Session& session, std::string_view argument) {
  if (!session.may_log_in()) {
    session.err(no_clear);
    co_return;
  }
  std::string name;
  name.swap(session.user);  // one USER is good for one PASS
  if (name.empty()) {
    session.err("USER comes first");
    co_return;
  }
  // All behind the first space is the password, with the spaces in it.
  if (!sasl::is_credential(argument)) {
    session.err("PASS needs a password in UTF-8");  // rfc:6856#2.2
    co_return;
  }
  std::string password(argument), service("pop3");
  auto address = session.stream->peer().address;
  auto login = co_await session.accounts.check_password(std::move(name), std::move(password), std::move(service), std::move(address));
  if (!login) {
    answer_login_failure(session, login.error());
    co_return;
  }
  auto good = std::move(*login);
  co_await open_maildrop(session, std::move(good));
}

}  // namespace posthorn::pop3
