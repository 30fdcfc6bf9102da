#include "jmap/web/sign_on.h"

#include <array>

#include "base/text.h"
#include "crypto/bytes.h"
#include "http/static_files.h"
#include "jmap/oidc/provider.h"
#include "jmap/web/challenge.h"
#include "store/logins.h"

namespace posthorn::jmap {
namespace {

constexpr std::string_view cookie_name = "__Host-posthorn-sign-on", purpose = "sign on";
constexpr auto good_for = std::chrono::minutes(10);
constexpr std::size_t longest_code = 4096;

// The page that says why it did not work, in the browser's language as far as the webmail has it.
enum class Trouble : std::uint8_t { not_begun, denied, not_now, not_believed, no_account };
struct Text {
  unsigned status;
  std::string_view english, german;
};
constexpr std::array<Text, 5> texts{{
    {400, "This sign-on was not begun in this browser, took longer than ten minutes, or was used before. Please begin again.",
     "Diese Anmeldung wurde nicht in diesem Browser begonnen, dauerte über zehn Minuten oder wurde schon benutzt. Bitte beginnen Sie neu."},
    {401, "The sign-on was refused or cancelled.", "Die Anmeldung wurde abgelehnt oder abgebrochen."},
    {503, "The sign-on service cannot be reached now. Please try again in a minute, or sign in with your password.",
     "Der Anmeldedienst ist gerade nicht erreichbar. Bitte versuchen Sie es in einer Minute noch einmal, oder melden Sie sich mit Ihrem Passwort an."},
    {502, "The answer of the sign-on service cannot be trusted, so you are not signed in. Please tell your administrator.",
     "Der Antwort des Anmeldedienstes ist nicht zu trauen, darum sind Sie nicht angemeldet. Bitte sagen Sie es Ihrem Administrator."},
    {403, "You have signed on, but no mailbox here belongs to that identity. Please ask your administrator.",
     "Sie sind angemeldet, aber zu dieser Identität gehört hier kein Postfach. Bitte fragen Sie Ihren Administrator."},
}};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return out;
}

std::pair<std::string, std::string> own_cookie(std::string_view value) {
  // Lax: it is to come along when the provider sends the browser back.
  return {"Set-Cookie", std::string(cookie_name) + "=" + std::string(value) + "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=" + (value.empty() ? "0" : "600")};
}

void add_common(http::Response& response) {
  response.fields.emplace_back("Cache-Control", "no-store");
  for (const auto& [name, value] : http::fields_of_all()) response.fields.emplace_back(name, value);
}

// `why` is for the person's administrator, who will be shown the page.
http::Response page(const http::Request& request, Trouble trouble, std::string_view why) {
  const auto& text = texts[static_cast<std::size_t>(trouble)];
  const bool german = to_lower(request.field("accept-language")).starts_with("de");
  http::Response out;
  out.status = text.status;
  out.fields = {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}};
  add_common(out);
  out.fields.push_back(own_cookie({}));
  out.body = std::string("<!doctype html><html lang=\"") + (german ? "de" : "en") + "\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Posthorn</title><h1>Posthorn</h1><p>" +
             std::string(german ? text.german : text.english) + "</p>";
  if (!why.empty()) out.body += "<p><small>" + escaped(printable(why, 500)) + "</small></p>";
  out.body += std::string("<p><a href=\"/\">") + (german ? "Zurück zur Anmeldung" : "Back to the sign-in page") + "</a></p></html>";
  return out;
}

http::Response go_to(std::string url) {
  http::Response out;
  out.status = 302;
  out.fields = {{"Location", std::move(url)}};
  add_common(out);
  return out;
}

// What the browser's cookie stands for: the three secrets of one login, so that nothing has to be kept here.
std::string secret_of(const Services& services, std::string_view what, std::string_view challenge) {
  return base64url_encode(services.keyring.pseudonym("sign on " + std::string(what), challenge));
}

Task<http::Response> begin(Web& web, http::Exchange& exchange) {
  const auto& services = web.services();
  const auto challenge = make_challenge(services, purpose, good_for);
  oidc::Provider::Begun begun{secret_of(services, "state", challenge), secret_of(services, "nonce", challenge), secret_of(services, "verifier", challenge)};
  auto url = co_await services.sign_on->login_url(std::move(begun));
  if (!url) {
    services.log.warn("web.sign_on_unavailable", {{"why", url.error().text()}});
    co_return page(exchange.request(), Trouble::not_now, "");
  }
  auto out = go_to(std::move(*url));
  out.fields.push_back(own_cookie(base64url_encode(challenge)));
  co_return out;
}

struct Refusal {
  Trouble trouble{};
  std::string why;
};

// Whose account it is.
Task<std::expected<sasl::Login, Refusal>> who_came_back(Web& web, const http::Request& request) {
  const auto& services = web.services();
  const auto challenge = base64url_decode(request.cookie(cookie_name)).value_or("");
  const auto state = request.parameter("state");
  if (challenge.empty() || !crypto::equal_constant_time(state, secret_of(services, "state", challenge)) || !take_challenge(web, purpose, challenge))
    co_return std::unexpected(Refusal{Trouble::not_begun, ""});
  // rfc:6749#4.1.2.1
  if (const auto error = request.parameter("error"); !error.empty()) co_return std::unexpected(Refusal{Trouble::denied, error});
  oidc::Provider::Returned returned{request.parameter("code"), request.parameter("iss"), secret_of(services, "nonce", challenge), secret_of(services, "verifier", challenge)};
  if (returned.code.empty() || returned.code.size() > longest_code) co_return std::unexpected(Refusal{Trouble::denied, "there is no code"});
  auto claims = co_await services.sign_on->claims_for(std::move(returned));
  if (!claims) {
    const auto trouble = claims.error().code == Errc::refused ? Trouble::not_believed : Trouble::not_now;
    co_return std::unexpected(Refusal{trouble, claims.error().what});
  }
  auto address = services.sign_on->account_of(*claims);
  if (!address) co_return std::unexpected(Refusal{Trouble::no_account, address.error().text()});
  const auto account = services.store.account(store::login_name(*address));
  if (!account) co_return std::unexpected(Refusal{Trouble::not_now, account.error().what});
  if (!*account || !(*account)->enabled) co_return std::unexpected(Refusal{Trouble::no_account, *address + " is no account here, or it is locked"});
  co_return sasl::Login{(*account)->id, (*account)->name, {}};
}

Task<http::Response> come_back(Web& web, http::Exchange& exchange) {
  auto login = co_await who_came_back(web, exchange.request());
  if (!login) {
    const auto& [trouble, why] = login.error();
    web.services().log.info("web.login_failed", {{"client", exchange.peer().address}, {"why", "sign-on: " + std::string(texts[static_cast<std::size_t>(trouble)].english) + " " + why}});
    // What is wrong between us and the provider is nothing for whoever stands at the browser.
    co_return page(exchange.request(), trouble, trouble == Trouble::not_now ? std::string_view() : std::string_view(why));
  }
  auto answer = co_await logged_in(web, exchange, std::move(*login));
  if (answer.status != 200) co_return page(exchange.request(), Trouble::not_now, "");
  auto out = go_to("/");
  for (auto& field : answer.fields)
    if (field.first == "Set-Cookie") out.fields.push_back(std::move(field));
  out.fields.push_back(own_cookie({}));
  co_return out;
}

}  // namespace

http::Response login_methods(const Web& web) {
  const auto* provider = web.services().sign_on;
  return json_response(200, {{"oidc", provider == nullptr ? boost::json::value(nullptr) : boost::json::value(boost::json::object{{"label", provider->options().label}})}});
}

Task<http::Response> sign_on(Web& web, http::Exchange& exchange) {
  const auto& request = exchange.request();
  if (web.services().sign_on == nullptr || request.method != "GET") co_return problem_response(404, "", "There is nothing here.");
  if (request.path == "/auth/oidc/begin") co_return co_await begin(web, exchange);
  if (request.path == sign_on_callback) co_return co_await come_back(web, exchange);
  co_return problem_response(404, "", "There is nothing here.");
}

}  // namespace posthorn::jmap
