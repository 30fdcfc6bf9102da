// jmap/web/passkeys.cpp - passkeys (WebAuthn) on the account page, and the login with one: a key that a device keeps, opened by its owner's finger
// or PIN, so that it stands for password and code together. Octets in JSON are in base64url.
// Security: a challenge is made by us for one purpose and account, for five minutes, and counts once; what is said of an unknown account or
// key is the same as of a wrong signature.
#include <boost/json/array.hpp>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/web/challenge.h"
#include "jmap/web/proof.h"
#include "jmap/web/sessions.h"
#include "jmap/web/webauthn.h"
#include "store/passkeys.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr auto good_for = std::chrono::minutes(5);

std::string origin_of(const http::Request& request) { return "https://" + to_lower(request.field("host")); }
std::string name_of_host(const http::Request& request) {
  const auto host = to_lower(request.field("host"));
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::string purpose_of(AccountId account) { return "create " + account_text(account); }

// What was base64url; empty if it is missing or none.
std::string octets_in(const json::object& body, std::string_view name) { return base64url_decode(string_at(body, name)).value_or(""); }

// Whose key it is and that it signed; the reason is for the log.
Task<Result<sasl::Login>> check(Web& web, const http::Request& request, const json::object& body) {
  const auto& services = web.services();
  const auto challenge = octets_in(body, "challenge");
  if (!take_challenge(web, "get", challenge)) co_return fail(Errc::refused, "the challenge is over, used or none of ours");
  const auto account = account_of(octets_in(body, "userHandle"));
  const auto info = account ? services.store.view(*account).account() : Result<store::AccountInfo>(fail(Errc::not_found, "no such account"));
  if (!info || !info->enabled) co_return fail(Errc::refused, "no such account, or it is disabled");
  const auto all = store::passkeys(services.store, *account);
  if (!all) co_return fail(all.error());
  auto credential = octets_in(body, "id");
  const auto one = std::ranges::find(*all, credential, &store::PasskeyRecord::credential);
  if (one == all->end()) co_return fail(Errc::refused, "no such passkey");
  const Ceremony ceremony{origin_of(request), name_of_host(request), challenge};
  const Passkey known{one->credential, one->key, one->counter};
  const auto counter = check_assertion(ceremony, known, octets_in(body, "clientDataJSON"), octets_in(body, "authenticatorData"), octets_in(body, "signature"));
  if (!counter) co_return fail(counter.error());
  auto used = co_await store::use_passkey(services.store, *account, std::move(credential), *counter);
  if (!used) co_return fail(used.error());
  co_return sasl::Login{info->id, info->name};
}

}  // namespace

http::Response begin_passkey_login(Web& web, const http::Request& request) {
  json::object options{{"challenge", base64url_encode(make_challenge(web.services(), "get", good_for))},
                       {"rpId", name_of_host(request)},
                       {"allowCredentials", json::array()},
                       {"userVerification", "required"},
                       {"timeout", std::chrono::duration_cast<std::chrono::milliseconds>(good_for).count()}};
  return json_response(200, options);
}

Task<http::Response> passkey_login(Web& web, http::Exchange& exchange) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  auto login = co_await check(web, exchange.request(), *body);
  if (!login) {
    services.log.info("web.login_failed", {{"client", exchange.peer().address}, {"why", "passkey: " + login.error().what}});
    if (login.error().code != Errc::refused) co_return problem_response(503, "", "This cannot be checked now; please try again.");
    co_return problem_response(401, "", "This passkey does not open an account here.");
  }
  co_return co_await logged_in(web, exchange, std::move(*login));
}

Task<http::Response> account_passkeys(Web& web, const Visitor& visitor, http::Exchange&, std::string_view) {
  const auto all = store::passkeys(web.services().store, visitor.login.account);
  if (!all) co_return response_of(all.error());
  json::array out;
  for (const auto& one : *all)
    out.push_back(json::object{{"label", one.label}, {"created", utc_date(one.created)}, {"used", one.used == WallTime{} ? json::value(nullptr) : json::value(utc_date(one.used))}});
  co_return json_response(200, {{"list", std::move(out)}});
}

// The options of navigator.credentials.create().
Task<http::Response> account_begin_passkey(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  const auto all = store::passkeys(services.store, visitor.login.account);
  if (!all) co_return response_of(all.error());
  json::array known;
  for (const auto& one : *all) known.push_back(json::object{{"type", "public-key"}, {"id", base64url_encode(one.credential)}});
  json::object options{{"challenge", base64url_encode(make_challenge(services, purpose_of(visitor.login.account), good_for))},
                       {"rp", json::object{{"id", name_of_host(exchange.request())}, {"name", services.host_name}}},
                       {"user", json::object{{"id", base64url_encode(account_text(visitor.login.account))}, {"name", visitor.login.name}, {"displayName", visitor.login.name}}},
                       {"pubKeyCredParams", json::array{json::object{{"type", "public-key"}, {"alg", -7}}, json::object{{"type", "public-key"}, {"alg", -8}}}},
                       {"excludeCredentials", std::move(known)},
                       {"authenticatorSelection", json::object{{"residentKey", "required"}, {"requireResidentKey", true}, {"userVerification", "required"}}},
                       {"attestation", "none"},
                       {"timeout", std::chrono::duration_cast<std::chrono::milliseconds>(good_for).count()}};
  co_return json_response(200, options);
}

Task<http::Response> account_new_passkey(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  const auto challenge = octets_in(*body, "challenge");
  if (!take_challenge(web, purpose_of(visitor.login.account), challenge)) co_return problem_response(403, proof_needed, "This took too long, or was begun elsewhere; begin again.");
  const Ceremony ceremony{origin_of(exchange.request()), name_of_host(exchange.request()), challenge};
  auto made = read_registration(ceremony, octets_in(*body, "clientDataJSON"), octets_in(*body, "attestationObject"));
  if (!made) {
    services.log.info("account.passkey_refused", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"why", made.error().what}});
    co_return problem_response(400, "", "This passkey cannot be used: " + made.error().what + ".");
  }
  store::PasskeyRecord record{std::string(trim(string_at(*body, "label"))), services.clock.now(), {}, std::move(made->credential), std::move(made->key), made->counter};
  const auto label = record.label;
  auto done = co_await store::add_passkey(services.store, visitor.login.account, std::move(record));
  if (!done) co_return response_of(done.error());
  services.log.info("account.passkey_made", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"label", label}});
  co_return json_response(201, {{"label", label}});
}

Task<http::Response> account_end_passkey(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  std::string label;
  if (!http::decode_percent(rest, label)) co_return problem_response(404, "", "There is no such passkey.");
  auto done = co_await store::remove_passkey(web.services().store, visitor.login.account, label);
  if (!done) co_return response_of(done.error());
  web.services().log.info("account.passkey_removed", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"label", label}});
  co_return done_response();
}

}  // namespace posthorn::jmap
