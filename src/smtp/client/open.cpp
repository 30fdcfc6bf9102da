// smtp/client/open.cpp - from the connection to the point where messages can go: TLS, greeting, EHLO, STARTTLS, AUTH.
// Security: attacks.md B2, B3. Nothing in clear after the 220 to STARTTLS is taken; without the TLS that was asked for there is
// an error, never a message in clear. After a failed opportunistic TLS the caller decides to come again with TlsNeed::never.
#include "smtp/client/session.h"

namespace posthorn::smtp {

Task<Status> ClientSession::open() {
  auto done = co_await open_steps();
  opened_ = done.has_value();
  if (!done) dialogue_.close();
  co_return done;
}

Task<Status> ClientSession::open_steps() {
  if (options_.implicit_tls) {
    auto secured = co_await handshake();
    if (!secured) co_return secured;
  }
  auto done = co_await greeting();
  if (!done) co_return done;
  done = co_await hello();
  if (!done) co_return done;
  if (!options_.implicit_tls && options_.tls != TlsNeed::never) {
    done = co_await go_to_tls();
    if (!done) co_return done;
  }
  if (options_.user.empty()) co_return Status{};
  done = co_await log_in();
  co_return done;
}

Task<Status> ClientSession::greeting() {
  const auto reply = co_await dialogue_.hear(options_.greeting_timeout);
  if (!reply) co_return fail(reply.error().code, "no greeting: " + reply.error().what);
  if (reply->code != 220) co_return fail(refusal("the connection", *reply));
  co_return Status{};
}

Task<Status> ClientSession::hello() {
  auto reply = co_await dialogue_.ask("EHLO " + options_.helo + "\r\n", options_.command_timeout);
  if (!reply) co_return fail(reply.error().code, "no reply to EHLO: " + reply.error().what);
  if (reply->code == 250) {
    capabilities_ = parse_capabilities(*reply);
    co_return Status{};
  }
  // rfc:5321#3.2 a server that does not know EHLO is asked with HELO; it offers nothing.
  if (!reply->permanent()) co_return fail(refusal("EHLO", *reply));
  capabilities_ = Capabilities();
  reply = co_await dialogue_.ask("HELO " + options_.helo + "\r\n", options_.command_timeout);
  if (!reply) co_return fail(reply.error().code, "no reply to HELO: " + reply.error().what);
  if (reply->code != 250) co_return fail(refusal("HELO", *reply));
  co_return Status{};
}

Task<Status> ClientSession::go_to_tls() {
  if (!capabilities_.has("STARTTLS")) {
    if (options_.tls == TlsNeed::opportunistic) co_return Status{};
    tls_failed_ = true;
    co_return fail(Errc::unavailable, "the server does not offer STARTTLS, and TLS is required",
                   "Somebody in between may have removed it; the message waits");
  }
  const auto reply = co_await dialogue_.ask("STARTTLS\r\n", options_.command_timeout);
  tls_failed_ = true;  // until it has worked
  if (!reply) co_return fail(reply.error().code, "no reply to STARTTLS: " + reply.error().what);
  if (reply->code != 220) co_return fail(Errc::unavailable, told("STARTTLS", *reply));
  // What came in clear before the handshake would be read as if it came under TLS (attacks.md B2).
  // That is no server without TLS: it does not get the mail in clear instead.
  if (!dialogue_.server_is_silent()) {
    tls_failed_ = false;
    co_return fail(Errc::invalid, "the server sent bytes in clear after its reply to STARTTLS");
  }
  auto secured = co_await handshake();
  if (!secured) co_return secured;
  tls_failed_ = false;
  // rfc:3207#4.2 what was offered in clear is forgotten.
  capabilities_ = Capabilities();
  secured = co_await hello();
  co_return secured;
}

Task<Status> ClientSession::handshake() {
  TlsClientOptions tls_options = options_.tls_options;
  tls_options.require_verified = tls_options.require_verified || options_.tls == TlsNeed::verified;
  dialogue_.note("(TLS handshake)");
  dialogue_.stream->deadline(options_.command_timeout);
  auto secured = co_await dialogue_.stream->start_tls_client(std::move(tls_options));
  dialogue_.stream->deadline(Duration::zero());
  if (secured) co_return Status{};
  tls_failed_ = true;
  co_return fail(Errc::unavailable, "the TLS handshake failed: " + secured.error().what, secured.error().todo);
}

Task<void> ClientSession::quit() {
  if (dialogue_.alive()) {
    const Duration patience = std::chrono::seconds(10);
    const auto reply = co_await dialogue_.ask("QUIT\r\n", patience);
    // rfc:5321#4.1.1.10 whatever the answer, we are done.
    static_cast<void>(reply);
  }
  dialogue_.close();
}

std::unique_ptr<Client> make_client(std::unique_ptr<Stream> stream, ClientOptions options, Clock& clock, Listener listener) {
  return std::make_unique<ClientSession>(std::move(stream), std::move(options), clock, std::move(listener));
}

}  // namespace posthorn::smtp
