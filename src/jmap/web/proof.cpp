#include "jmap/web/proof.h"

#include "base/json.h"
#include "base/text.h"
#include "jmap/core/json_strict.h"

namespace posthorn::jmap {
namespace {

constexpr std::size_t most_octets = 8'192;

}  // namespace

Task<std::expected<boost::json::object, http::Response>> read_object(http::Exchange& exchange) {
  auto body = co_await exchange.body(most_octets);
  if (!body) {
    auto refused = problem_response(body.error().code == Errc::too_big ? 413 : 400, "", "The body cannot be read: " + body.error().what + ".");
    refused.close = true;
    co_return std::unexpected(std::move(refused));
  }
  if (trim(*body).empty()) co_return boost::json::object();
  auto parsed = parse_json(*body);
  if (!parsed) co_return std::unexpected(problem_response(400, "", "The body is no JSON: " + parsed.error().what + "."));
  if (!parsed->is_object()) co_return std::unexpected(problem_response(400, "", "The body has to be a JSON object."));
  co_return std::move(parsed->get_object());
}

std::string_view word_of(sasl::Unproved why) {
  switch (why) {
    case sasl::Unproved::wrong: return "wrong password";
    case sasl::Unproved::code_needed: return "no code";
    case sasl::Unproved::code_wrong: return "wrong code";
    case sasl::Unproved::later: return "cannot tell now";
  }
  return {};
}

http::Response refusal_of(sasl::Unproved why, unsigned status) {
  switch (why) {
    case sasl::Unproved::wrong: return problem_response(status, proof_wrong, "This is not the password of the account.");
    case sasl::Unproved::code_needed: return problem_response(status, proof_needed, "Give your current password, or a code, to do this.");
    case sasl::Unproved::code_wrong: return problem_response(status, code_wrong, "This code is wrong, or it was used before. Wait for the next one.");
    case sasl::Unproved::later: return problem_response(429, too_many, "Too many tries from there; wait some minutes.");
  }
  return {};
}

Task<std::optional<http::Response>> refuse_unproved(Web& web, const Visitor& visitor, http::Exchange& exchange, const boost::json::object& body) {
  sasl::Proof proof{sasl::Proof::For::change, string_at(body, "current"), string_at(body, "code")};
  if (proof.password.empty() && proof.code.empty()) co_return refusal_of(sasl::Unproved::code_needed);
  std::string user = visitor.login.name, address = exchange.peer().address;
  auto shown = co_await web.services().accounts.check_owner(std::move(user), std::move(proof), std::move(address));
  if (shown) co_return std::nullopt;
  web.services().log.info("account.unproved", {{"user", visitor.login.name}, {"client", exchange.peer().address}, {"why", std::string(word_of(shown.error()))}});
  co_return refusal_of(shown.error());
}

http::Response response_of(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
    case Errc::refused:
    case Errc::too_big: return problem_response(400, "", error.text() + ".");
    case Errc::not_found: return problem_response(404, "", error.text() + ".");
    case Errc::exists:
    case Errc::conflict: return problem_response(409, "", error.text() + ".");
    default: return problem_response(503, "", "This cannot be done now; please try again.");
  }
}

http::Response done_response() { return json_response(200, {}); }

}  // namespace posthorn::jmap
