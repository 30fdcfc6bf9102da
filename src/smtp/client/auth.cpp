// smtp/client/auth.cpp - AUTH as a client (RFC 4954), for a smart host that wants a login. Only under TLS: without it the
// password is not sent and open() fails. A refused login is no fate of the message: it waits, and the operator hears why.
#include "base/text.h"
#include "smtp/client/session.h"

namespace posthorn::smtp {

Task<Status> ClientSession::log_in() {
  if (!tls()) co_return fail(Errc::unavailable, "the server wants a login but offers no TLS", "Passwords are not sent in clear");
  if (!capabilities_.has("AUTH", "PLAIN"))
    co_return fail(Errc::unavailable, "the server offers no AUTH mechanism we know", "We know PLAIN");
  // rfc:4616#2 message = [authzid] NUL authcid NUL passwd
  std::string message(1, '\0');
  message += options_.user;
  message += '\0';
  message += options_.password;
  std::string command = "AUTH PLAIN " + base64_encode(message) + "\r\n";
  std::string told_instead = "AUTH PLAIN (hidden)";
  const auto reply = co_await dialogue_.ask(std::move(command), options_.command_timeout, std::move(told_instead));
  if (!reply) co_return fail(reply.error().code, "no reply to AUTH: " + reply.error().what);
  if (reply->code == 235) co_return Status{};
  co_return fail(Errc::unavailable, told("AUTH", *reply), "Check user and password of this route");
}

}  // namespace posthorn::smtp
