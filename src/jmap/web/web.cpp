#include "jmap/web/web.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "base/text.h"
#include "http/static_files.h"
#include "jmap/web/images.h"
#include "jmap/web/proof.h"
#include "jmap/web/sessions.h"
#include "jmap/web/sign_on.h"
#include "jmap/web/watch.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t most_remembered = 10'000;
constexpr std::uint64_t most_images = 12;  // of an account at once; browsers ask for six at a time

// Most routes make one answer.
template <Task<http::Response> (*make)(Web&, const Visitor&, http::Exchange&, std::string_view)>
Task<void> answered_by(Web& web, const Visitor& visitor, http::Exchange& exchange, std::string_view rest) {
  auto response = co_await make(web, visitor, exchange, rest);
  co_await exchange.respond(std::move(response));
}

constexpr Route routes[] = {
    {"GET", "/.well-known/jmap", answered_by<session_resource>},
    {"GET", "/jmap/session", answered_by<session_resource>},
    {"POST", "/jmap/api", answered_by<api>},
    {"POST", "/jmap/upload/", answered_by<upload>},
    {"GET", "/jmap/download/", answered_by<download>},
    {"GET", "/jmap/eventsource", event_source},
    {"GET", "/jmap/ws", web_socket},
    {"GET", "/body/", answered_by<message_body>},
    {"POST", "/auth/logout", answered_by<log_out>},
    // The account page
    {"POST", "/account/password", answered_by<account_password>},
    {"GET", "/account/app-passwords", answered_by<account_app_passwords>},
    {"POST", "/account/app-passwords", answered_by<account_new_app_password>},
    {"DELETE", "/account/app-passwords/", answered_by<account_end_app_password>},
    {"GET", "/account/sessions", answered_by<account_sessions>},
    {"DELETE", "/account/sessions", answered_by<account_end_sessions>},
    {"DELETE", "/account/sessions/", answered_by<account_end_session>},
    {"GET", "/account/codes", answered_by<account_codes>},
    {"POST", "/account/codes", answered_by<account_begin_codes>},
    {"DELETE", "/account/codes", answered_by<account_end_codes>},
    {"POST", "/account/codes/confirm", answered_by<account_confirm_codes>},
    {"POST", "/account/codes/recovery", answered_by<account_new_recovery>},
    {"GET", "/account/passkeys", answered_by<account_passkeys>},
    {"POST", "/account/passkeys", answered_by<account_new_passkey>},
    {"POST", "/account/passkeys/begin", answered_by<account_begin_passkey>},
    {"DELETE", "/account/passkeys/", answered_by<account_end_passkey>},
    {"GET", "/account/export", account_export},
};

struct Found {
  const Route* route = nullptr;
  bool path_known = false;
};

Found find_route(std::string_view method, std::string_view path) {
  Found out;
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (const auto& one : routes) {
    const bool below = one.prefix.ends_with('/');
    if (below ? !path.starts_with(one.prefix) : path != one.prefix) continue;
    out.path_known = true;
    if (one.method == wanted) out.route = &one;
  }
  return out;
}

void add_common(http::Response& response) {
  for (const auto& [name, value] : http::fields_of_all())
    if (std::ranges::find(response.fields, name, [](const auto& field) { return std::string_view(field.first); }) == response.fields.end()) response.fields.emplace_back(name, value);
}

http::Response not_logged_in() {
  auto out = problem_response(401, "", "Log in first.");
  // A browser's own dialogue would get in the webmail's way, so only other clients are told of Basic.
  return out;
}

// attacks.md F5: a page of another origin can send our cookie along, but neither this field nor our origin.
bool is_own_page(const http::Request& request) {
  const auto origin = request.field("origin");
  if (!origin.empty() && origin != "https://" + std::string(request.field("host"))) return false;
  return request.method == "GET" || request.method == "HEAD" || !request.field("x-posthorn").empty();
}

struct Asked {
  std::optional<Visitor> visitor;
  http::Response refusal;
};

Task<Asked> by_password(const Services& services, http::Exchange& exchange, std::string_view credentials) {
  Asked out;
  out.refusal = not_logged_in();
  out.refusal.fields.emplace_back("WWW-Authenticate", "Basic realm=\"" + services.host_name + "\", charset=\"UTF-8\"");
  const auto plain = base64_decode(trim(credentials));
  const auto colon = plain ? plain->find(':') : std::string::npos;
  if (!plain || colon == std::string::npos) co_return out;
  auto user = plain->substr(0, colon), password = plain->substr(colon + 1);
  auto login = co_await services.accounts.check_password(std::move(user), std::move(password), "jmap", exchange.peer().address);
  if (login) {
    out.visitor = Visitor{std::move(*login), false, ObjectId{}};
  } else if (login.error().code == Errc::unavailable) {
    out.refusal = problem_response(429, "", "Too many tries from there; wait some minutes.");
  } else {
    services.log.info("jmap.login_failed", {{"client", exchange.peer().address}, {"why", login.error().what}});
    if (!login.error().todo.empty()) out.refusal = problem_response(401, code_needed, login.error().todo + ".");
  }
  co_return out;
}

Task<Asked> who_asks(const Services& services, http::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto authorization = request.field("authorization");
  if (authorization.size() > 6 && equal_icase(authorization.substr(0, 6), "basic ")) co_return co_await by_password(services, exchange, authorization.substr(6));
  Asked out;
  out.refusal = not_logged_in();
  const auto cookie = request.cookie(session_cookie);
  if (cookie.empty()) {
    if (request.field("x-posthorn").empty()) out.refusal.fields.emplace_back("WWW-Authenticate", "Basic realm=\"" + services.host_name + "\", charset=\"UTF-8\"");
    co_return out;
  }
  if (!is_own_page(request)) {
    out.refusal = problem_response(403, "", "This request does not come from the webmail's own page.");
    co_return out;
  }
  auto session = co_await find_session(services, cookie);
  if (!session) {
    out.refusal = problem_response(503, "", "The session cannot be looked up now; please try again.");
  } else if (*session) {
    out.visitor = Visitor{(*session)->login, true, (*session)->id};
  }
  co_return out;
}

// The login of browsers: the account's own password, and a code where the account has codes.
Task<http::Response> log_in(Web& web, http::Exchange& exchange) {
  const auto& services = web.services();
  const auto& request = exchange.request();
  if (!is_own_page(request)) co_return problem_response(403, "", "This request does not come from the webmail's own page.");
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  auto user = string_at(*body, "username");
  sasl::Proof proof{sasl::Proof::For::login, string_at(*body, "password"), string_at(*body, "code")};
  if (user.empty() || proof.password.empty()) co_return problem_response(400, "", "username and password are needed, as JSON.");
  std::string address = exchange.peer().address;
  auto login = co_await services.accounts.check_owner(std::move(user), std::move(proof), std::move(address));
  if (!login) {
    services.log.info("web.login_failed", {{"client", exchange.peer().address}, {"why", std::string(word_of(login.error()))}});
    auto refused = refusal_of(login.error(), 401);
    if (login.error() == sasl::Unproved::wrong) refused = problem_response(401, "", "This address and password do not belong together.");
    if (login.error() == sasl::Unproved::code_needed) refused = problem_response(401, code_needed, "Give the code that your app shows, or a recovery code.");
    co_return refused;
  }
  co_return co_await logged_in(web, exchange, std::move(*login));
}

// What somebody without a login may ask for; nothing: it is none of these paths.
Task<std::optional<http::Response>> answer_stranger(Web& web, http::Exchange& exchange) {
  const auto& request = exchange.request();
  if (request.method == "GET" && request.path.starts_with(image_path)) co_return co_await answer_image(web, request);
  if (request.method == "GET" && request.path == "/auth/methods") co_return login_methods(web);
  if (request.path.starts_with(sign_on_path)) co_return co_await sign_on(web, exchange);
  if (request.method != "POST") co_return std::nullopt;
  if (request.path == "/auth/login") co_return co_await log_in(web, exchange);
  if (request.path != "/auth/passkey" && request.path != "/auth/passkey/begin") co_return std::nullopt;
  if (!is_own_page(request)) co_return problem_response(403, "", "This request does not come from the webmail's own page.");
  if (request.path == "/auth/passkey") co_return co_await passkey_login(web, exchange);
  auto body = co_await read_object(exchange);
  if (!body) co_return std::move(body.error());
  co_return begin_passkey_login(web, request);
}

Task<void> serve_file(http::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto* file = http::find_static(http::embedded_files(), request.path);
  http::Response response;
  if (request.method != "GET" && request.method != "HEAD") {
    response = problem_response(405, "", "Only GET is answered here.");
    response.fields.emplace_back("Allow", "GET, HEAD");
  } else if (file == nullptr) {
    response = problem_response(404, "", "There is nothing here.");
  } else {
    const auto answer = http::answer_static(*file, request.field("accept-encoding"), request.field("if-none-match"));
    response.status = answer.status;
    for (const auto& [name, value] : answer.fields) response.fields.emplace_back(name, value);
    response.body = answer.body;
  }
  add_common(response);
  co_await exchange.respond(std::move(response));
}

}  // namespace

Web::Place::~Place() {
  const std::lock_guard lock(web_.mutex_);
  const auto found = web_.busy_.find(key_);
  if (found != web_.busy_.end() && --found->second == 0) web_.busy_.erase(found);
}

std::unique_ptr<Web::Place> Web::take_place(AccountId account, Kind kind) {
  const auto most = kind == Kind::request ? services_.limits.concurrent_requests : kind == Kind::upload ? services_.limits.concurrent_upload : kind == Kind::image ? most_images : 1;
  const std::lock_guard lock(mutex_);
  auto& count = busy_[{account, kind}];
  if (count >= most) return nullptr;
  ++count;
  return std::make_unique<Place>(*this, account, kind);
}

bool Web::use_up(std::string once, WallTime end) {
  const std::lock_guard lock(mutex_);
  const auto now = services_.clock.now();
  if (used_up_.size() >= most_remembered) std::erase_if(used_up_, [now](const auto& one) { return one.second <= now; });
  return used_up_.size() < most_remembered && used_up_.emplace(std::move(once), end).second;
}

Task<http::Response> logged_in(Web& web, http::Exchange& exchange, sasl::Login login) {
  const auto& services = web.services();
  const std::string name = login.name;
  auto cookie = co_await begin_session(services, std::move(login), std::string(exchange.request().field("user-agent")), exchange.peer().address);
  if (!cookie && cookie.error().code == Errc::refused) {
    services.log.info("web.login_failed", {{"client", exchange.peer().address}, {"why", cookie.error().what}});
    co_return problem_response(401, "", "This address and password do not belong together.");
  }
  if (!cookie) {
    services.log.error("web.no_session", {{"why", cookie.error().text()}});
    co_return problem_response(503, "", "The session cannot be kept now; please try again.");
  }
  services.log.info("web.login", {{"user", name}, {"client", exchange.peer().address}});
  auto response = json_response(200, {{"username", name}});
  response.fields.push_back(cookie_field(*cookie));
  co_return response;
}

http::Response json_response(unsigned status, const boost::json::object& body) {
  http::Response out;
  out.status = status;
  out.fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  for (const auto& [name, value] : http::fields_of_all()) out.fields.emplace_back(name, value);
  out.body = boost::json::serialize(body);
  return out;
}

http::Response problem_response(unsigned status, std::string_view type, std::string_view detail) {
  boost::json::object body{{"type", type.empty() ? std::string_view("about:blank") : type}, {"status", status}, {"detail", detail}};
  auto out = json_response(status, body);
  out.fields.front().second = "application/problem+json";
  return out;
}

Task<void> Web::handle(http::Exchange& exchange) {
  const auto& request = exchange.request();
  auto answer = co_await answer_stranger(*this, exchange);
  if (answer) {
    co_await exchange.respond(std::move(*answer));
    co_return;
  }
  const auto found = find_route(request.method, request.path);
  if (!found.path_known) {
    co_await serve_file(exchange);
    co_return;
  }
  if (found.route == nullptr) {
    auto refused = problem_response(405, "", "This path takes another method.");
    co_await exchange.respond(std::move(refused));
    co_return;
  }
  auto asked = co_await who_asks(services_, exchange);
  if (!asked.visitor) {
    co_await exchange.respond(std::move(asked.refusal));
    co_return;
  }
  std::string_view rest = request.path;
  rest.remove_prefix(found.route->prefix.size());
  Watch watch(services_, *asked.visitor, exchange.stream());
  asked.visitor->watch = &watch;
  co_await found.route->run(*this, *asked.visitor, exchange, rest);
}

Task<http::Response> log_out(Web& web, const Visitor& visitor, http::Exchange&, std::string_view) {
  if (visitor.by_cookie) {
    visitor.watch->let_go();
    auto ended = co_await end_session(web.services(), visitor.login.account, visitor.session);
    if (!ended) co_return problem_response(503, "", "The session cannot be ended now; please try again.");
  }
  auto response = json_response(200, {});
  response.fields.push_back(cookie_field({}));
  co_return response;
}

}  // namespace posthorn::jmap
