// jmap/web/account.cpp - the account page: the password, app passwords, sessions.
// Security: what would let somebody stay in asks for the current password or a code (proof.h); what only shuts doors does not. A new
// password ends every session in its own commit; the one that changed it goes on under a new token (attacks.md F6).
#include <algorithm>
#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"
#include "jmap/mail/email_json.h"
#include "jmap/web/proof.h"
#include "jmap/web/sessions.h"
#include "jmap/web/watch.h"
#include "store/object_id.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::size_t least_password = 8;  // characters; NIST SP 800-63B 3.1.1.2

json::value time_json(std::optional<WallTime> time) {
  if (!time) return nullptr;
  return json::value(utc_date(*time));
}

}  // namespace

Task<http::Response> account_password(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto& services = web.services();
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  const auto wanted = string_at(*body, "new");
  if (string_at(*body, "current").empty()) co_return refusal_of(sasl::Unproved::code_needed);
  if (wanted.size() < least_password) co_return problem_response(400, "", "The new password has fewer than 8 characters; take a longer one.");
  if (wanted == string_at(*body, "current")) co_return problem_response(400, "", "The new password is the one you have; take another.");
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  if (visitor.watch != nullptr) visitor.watch->let_go();
  auto done = co_await services.store.set_password(visitor.login.name, wanted);
  if (!done) co_return response_of(done.error());
  services.log.info("account.password_changed", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  auto response = done_response();
  if (!visitor.by_cookie) co_return response;
  auto cookie = co_await begin_session(services, visitor.login, std::string(exchange.request().field("user-agent")), exchange.peer().address);
  // Then the browser has to log in again, with the new password.
  if (cookie) response.fields.push_back(cookie_field(*cookie));
  co_return response;
}

Task<http::Response> account_app_passwords(Web& web, const Visitor& visitor, http::Exchange&, std::string_view) {
  const auto all = web.services().store.app_passwords(visitor.login.name);
  if (!all) co_return response_of(all.error());
  json::array list;
  for (const auto& one : *all) list.push_back(json::object{{"label", one.label}, {"created", time_json(one.created)}, {"used", time_json(one.used)}});
  co_return json_response(200, {{"list", std::move(list)}});
}

Task<http::Response> account_new_app_password(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  const auto label = std::string(trim(string_at(*body, "label")));
  if (label.empty()) co_return problem_response(400, "", "Give a label, such as the name of the device.");
  if (auto refused = co_await refuse_unproved(web, visitor, exchange, *body)) co_return std::move(*refused);
  auto made = co_await web.services().store.add_app_password(visitor.login.name, label);
  if (!made) co_return response_of(made.error());
  web.services().log.info("account.app_password_made", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"label", label}});
  co_return json_response(201, {{"label", label}, {"password", *made}});
}

Task<http::Response> account_end_app_password(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  std::string label;
  if (!http::decode_percent(rest, label)) co_return problem_response(404, "", "There is no such app password.");
  if (visitor.login.app_password == label && visitor.watch != nullptr) visitor.watch->let_go();
  auto done = co_await web.services().store.remove_app_password(visitor.login.name, label);
  if (!done) co_return response_of(done.error());
  web.services().log.info("account.app_password_removed", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"label", label}});
  co_return done_response();
}

Task<http::Response> account_sessions(Web& web, const Visitor& visitor, http::Exchange&, std::string_view) {
  const auto all = sessions_of(web.services(), visitor.login.account);
  if (!all) co_return response_of(all.error());
  json::array list;
  for (const auto& one : *all)
    list.push_back(json::object{{"id", store::object_id(one.id)}, {"agent", one.agent}, {"address", one.address}, {"created", time_json(one.created)},
                                {"used", time_json(one.used)}, {"current", visitor.by_cookie && one.id == visitor.session}});
  co_return json_response(200, {{"list", std::move(list)}});
}

Task<http::Response> account_end_session(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  const auto id = store::object_id_of(rest);
  const auto all = sessions_of(web.services(), visitor.login.account);
  if (!all) co_return response_of(all.error());
  const bool there = id && std::ranges::find(*all, *id, &WebSession::id) != all->end();
  if (!there) co_return problem_response(404, "", "There is no such session; it may be over already.");
  if (visitor.by_cookie && *id == visitor.session && visitor.watch != nullptr) visitor.watch->let_go();
  auto done = co_await end_session(web.services(), visitor.login.account, *id);
  if (!done) co_return response_of(done.error());
  web.services().log.info("account.session_ended", {{"user", visitor.login.name}, {"client", exchange.peer().address}});
  co_return done_response();
}

Task<http::Response> account_end_sessions(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view) {
  const auto all = sessions_of(web.services(), visitor.login.account);
  if (!all) co_return response_of(all.error());
  std::int64_t ended = 0;
  for (const auto& one : *all) {
    if (visitor.by_cookie && one.id == visitor.session) continue;
    auto done = co_await end_session(web.services(), visitor.login.account, one.id);
    if (!done) co_return response_of(done.error());
    ++ended;
  }
  web.services().log.info("account.sessions_ended", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"count", std::to_string(ended)}});
  co_return json_response(200, {{"ended", ended}});
}

}  // namespace posthorn::jmap
