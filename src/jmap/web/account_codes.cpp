// jmap/web/account_codes.cpp - the account page: one-time codes (RFC 6238) as the second factor of the webmail's login.
// Security: a secret counts only once a code of it was shown, so that nobody locks themself out; beginning and ending need a proof.
#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"
#include "crypto/totp.h"
#include "jmap/web/proof.h"
#include "store/codes.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;

json::array texts_json(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& one : texts) out.push_back(json::string(one));
  return out;
}

}  // namespace

Task<http::Response> account_codes(Web& web, const Visitor& visitor, http::Exchange&, std::string_view) {
  const auto state = store::codes_state(web.services().store, visitor.login.account);
  if (!state) co_return response_of(state.error());
  co_return json_response(200, {{"on", state->on}, {"recoveryLeft", state->recovery_left}});
}

Task<http::Response> account_begin_codes(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  auto secret = co_await store::begin_codes(services.store, services.keyring, visitor.login.account);
  if (!secret) co_return response_of(secret.error());
  services.log.info("account.codes_begun", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  co_return json_response(200, {{"secret", crypto::base32_encode(*secret)}, {"url", crypto::totp_url(*secret, services.host_name, visitor.login.name)}});
}

Task<http::Response> account_confirm_codes(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  auto recovery = co_await store::confirm_codes(services.store, services.keyring, visitor.login.account, string_at(*body, "code"));
  if (!recovery && recovery.error().code == Errc::refused) co_return problem_response(403, code_wrong, recovery.error().text() + ".");
  if (!recovery) co_return response_of(recovery.error());
  services.log.info("account.codes_on", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  co_return json_response(200, {{"recovery", texts_json(*recovery)}});
}

Task<http::Response> account_end_codes(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  auto done = co_await store::end_codes(web.services().store, visitor.login.account);
  if (!done) co_return response_of(done.error());
  web.services().log.info("account.codes_off", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  co_return done_response();
}

Task<http::Response> account_new_recovery(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  auto recovery = co_await store::new_recovery_codes(services.store, services.keyring, visitor.login.account);
  if (!recovery) co_return response_of(recovery.error());
  services.log.info("account.recovery_renewed", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  co_return json_response(200, {{"recovery", texts_json(*recovery)}});
}

}  // namespace posthorn::jmap
