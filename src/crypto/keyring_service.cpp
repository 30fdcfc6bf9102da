#include "crypto/keyring_service.h"

#include <sodium.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace posthorn::crypto {
namespace {

using wire::Operation;
using wire::Outcome;
using wire::Request;
using wire::Response;

Response done(const Request& request, std::vector<std::string> texts, std::uint64_t number = 0) { return {Outcome::done, request.id, number, std::move(texts)}; }

Response text_or_failure(const Request& request, Result<std::string> text) {
  if (!text) return wire::failure(request.id, text.error());
  return done(request, {std::move(*text)});
}

Response wrap(LocalKeyring& keyring, const Request& request) {
  const auto key = SigningKey::from_pem(request.texts[1]);
  if (!key) return wire::failure(request.id, key.error());
  return text_or_failure(request, keyring.wrap_signing_key(request.texts[0], *key));
}

Response describe(LocalKeyring& keyring, const Request& request) {
  const auto key = keyring.signing_key(request.texts[0], request.texts[1]);
  if (!key) return wire::failure(request.id, key.error());
  return done(request, {key->public_bytes()}, (static_cast<std::uint64_t>(key->kind()) << 32) | key->bits());
}

Response sign(LocalKeyring& keyring, const Request& request) {
  const auto key = keyring.signing_key(request.texts[0], request.texts[1]);
  if (!key) return wire::failure(request.id, key.error());
  return text_or_failure(request, key->sign(request.texts[2]));
}

Response hash(LocalKeyring& keyring, const Request& request) {
  // Each costs as many HMACs.
  if (request.number < scram_iterations || request.number > 100'000) return wire::failure(request.id, Error{Errc::invalid, "a number of iterations that is not taken", {}});
  auto made = keyring.hash_password(request.texts[0], ScramSalt{static_cast<std::uint32_t>(request.number), request.texts[1]});
  if (!made) return wire::failure(request.id, made.error());
  return done(request, {std::move(made->argon2id), std::move(made->salt), std::move(made->scram.stored)}, made->iterations);
}

Response verify(LocalKeyring& keyring, const Request& request) {
  const auto fits = keyring.verify_password(std::span(request.texts).subspan(1), request.texts[0]);
  if (!fits) return wire::failure(request.id, fits.error());
  return done(request, {}, fits->has_value() ? **fits + 1 : 0);
}

Response make_code_secret(LocalKeyring& keyring, const Request& request) {
  auto made = keyring.new_code_secret(AccountId{request.number});
  if (!made) return wire::failure(request.id, made.error());
  return done(request, {std::move(made->sealed), std::move(made->shown)});
}

Response find_step(LocalKeyring& keyring, const Request& request) {
  std::int64_t now = 0;
  const auto& text = request.texts[2];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), now);
  if (error != std::errc() || end != text.data() + text.size()) return wire::failure(request.id, Error{Errc::invalid, "a time that is none", {}});
  const auto step = keyring.code_step(AccountId{request.number}, request.texts[0], request.texts[1], WallTime(std::chrono::milliseconds(now)));
  if (!step) return wire::failure(request.id, step.error());
  return done(request, {}, step->value_or(0));
}

Response prove(LocalKeyring& keyring, const Request& request) {
  ScramVerifier verifier;
  verifier.salt = request.texts[0];
  for (std::size_t i = 3; i + 1 < request.texts.size(); i += 2) verifier.keys.push_back({request.texts[i], request.texts[i + 1]});
  auto match = keyring.scram_signature(verifier, request.texts[1], request.texts[2]);
  if (!match) return wire::failure(request.id, match.error());
  if (!*match) return done(request, {});
  return done(request, {std::move((*match)->signature)}, (*match)->key);
}

bool send_whole(int socket, const std::string& bytes) {
  for (;;) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return true;
    if (sent >= 0 || errno != EINTR) return false;
  }
}

}  // namespace

Response answer(LocalKeyring& keyring, const Request& request) {
  const AccountId account{request.number};
  switch (request.operation) {
    case Operation::new_account_key: return text_or_failure(request, keyring.new_account_key(account));
    case Operation::open_account_key: return text_or_failure(request, keyring.open_account_key(account, request.texts[0]));
    case Operation::wrap_signing_key: return wrap(keyring, request);
    case Operation::describe_key: return describe(keyring, request);
    case Operation::sign: return sign(keyring, request);
    case Operation::hash_password: return hash(keyring, request);
    case Operation::verify_password: return verify(keyring, request);
    case Operation::scram_signature: return prove(keyring, request);
    case Operation::new_code_secret: return make_code_secret(keyring, request);
    case Operation::code_step: return find_step(keyring, request);
  }
  return wire::failure(request.id, Error{Errc::unsupported, "no such operation", {}});
}

Status greet(int socket, const LocalKeyring& keyring) {
  TRY_ASSIGN(auto shared, keyring.shared_keys());
  if (!send_whole(socket, wire::encode(Response{Outcome::hello, 0, 0, {std::move(shared.queue), std::move(shared.pseudonym)}})))
    return fail(Errc::closed, std::string("nobody listens to the keyring: ") + std::strerror(errno));
  return {};
}

void answer_all(int socket, LocalKeyring& keyring) {
  std::string bytes(wire::message_limit + 1, '\0');
  for (;;) {
    const auto size = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    const auto request = wire::decode_request(std::string_view(bytes).substr(0, static_cast<std::size_t>(size)));
    sodium_memzero(bytes.data(), static_cast<std::size_t>(size));  // passwords pass here
    if (!request || !send_whole(socket, wire::encode(answer(keyring, *request)))) {
      ::shutdown(socket, SHUT_RDWR);
      return;
    }
  }
}

}  // namespace posthorn::crypto
