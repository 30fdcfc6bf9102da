// smtp/command/helo.cpp - HELO and EHLO (RFC 5321 4.1.1.1): the client says its name and learns what we offer now.
#include "sasl/server.h"
#include "smtp/grammar/command.h"
#include "smtp/server/commands.h"

namespace posthorn::smtp {
namespace {

bool auth_is_offered(const Session& session) {
  return session.peer.submission && !session.peer.account && (session.peer.tls || session.options.insecure_auth);
}

std::string mechanisms_line(const Session& session) {
  const bool binding = session.peer.tls && !session.peer.tls->exporter.empty();
  std::string line = "\nAUTH";
  for (const auto name : sasl::mechanisms(true, binding)) line += " " + std::string(name);
  return line;
}

std::string extensions(const Session& session) {
  std::string text = session.options.host_name + " greets " + session.peer.helo;
  text += "\nPIPELINING\nSIZE " + std::to_string(session.options.message_limit);
  text += "\n8BITMIME\nSMTPUTF8\nCHUNKING\nDSN\nENHANCEDSTATUSCODES";
  text += "\nLIMITS MAILMAX=" + std::to_string(session.options.transaction_limit);  // rfc:9422#4
  text += " RCPTMAX=" + std::to_string(session.options.recipient_limit);
  // rfc:3207#4.2 not offered again under TLS.
  if (!session.peer.tls && session.stream->offers_tls()) text += "\nSTARTTLS";
  if (auth_is_offered(session)) text += mechanisms_line(session);
  return text;
}

bool greet(Session& session, std::string_view arguments) {
  auto name = parse_helo(arguments);
  if (!name) {
    session.say(name.error());
    return false;
  }
  session.reset_transaction();  // rfc:5321#4.1.4 EHLO is also RSET
  session.peer.helo = std::move(*name);
  return true;
}

}  // namespace

Task<void> helo(Session& session, std::string_view arguments) {
  if (!greet(session, arguments)) co_return;
  session.peer.esmtp = false;
  session.say(250, "", session.options.host_name);
}

Task<void> ehlo(Session& session, std::string_view arguments) {
  if (!greet(session, arguments)) co_return;
  session.peer.esmtp = true;
  session.say(250, "", extensions(session));  // rfc:2034#4 no enhanced code here
}

}  // namespace posthorn::smtp
