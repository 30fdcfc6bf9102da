#include "jmap/oidc/token.h"

#include <boost/json/array.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "jmap/core/json_strict.h"
#include "jmap/oidc/values.h"
#include "mail/address.h"

namespace posthorn::jmap::oidc {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_token = 16'384, longest_subject = 255;
constexpr std::int64_t leeway = 60;        // seconds that clocks may differ
constexpr std::int64_t oldest = 10 * 60;   // it is fetched when the browser comes back, so it was made just now

std::unexpected<Error> refuse(std::string what) { return fail(Errc::refused, "the ID token " + std::move(what)); }

// rfc:7515#5.2 base64url without padding, of a JSON object.
std::optional<json::object> object_of(std::string_view part) {
  const auto octets = part.contains('=') ? std::nullopt : base64url_decode(part);
  if (!octets) return std::nullopt;
  auto parsed = parse_json(*octets);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return std::move(parsed->get_object());
}

// rfc:7515#4.1
Result<Algorithm> read_header(const json::object& header) {
  const auto name = text_at(header, "alg");
  const auto algorithm = name ? algorithm_of(*name) : std::nullopt;
  if (!algorithm) return refuse("is signed by \"" + printable(name.value_or(""), 20) + "\"; RS256, ES256 and EdDSA are taken");
  // rfc:7515#4.1.11 extensions that must be understood: we know none.
  if (header.contains("crit")) return refuse("asks for extensions that are not known");
  if (header.contains("kid") && !text_at(header, "kid")) return refuse("has a key id that is no text");
  if (const auto* type = header.if_contains("typ"); type != nullptr && !equal_icase(text_at(header, "typ").value_or(""), "JWT")) return refuse("is of another type");
  return *algorithm;
}

// OpenID Connect Core 3.1.3.7, steps 2 to 5: the provider's, for us and nobody else, because others that it is for could have passed it on.
Status check_parties(const json::object& claims, const Expected& expected) {
  if (text_at(claims, "iss") != expected.issuer) return refuse("is of another issuer, \"" + printable(text_at(claims, "iss").value_or(""), 200) + "\"");
  const auto* audience = claims.if_contains("aud");
  const auto* list = audience == nullptr ? nullptr : audience->if_array();
  const auto one = list != nullptr && list->size() == 1 && (*list)[0].is_string() ? std::optional(std::string_view((*list)[0].get_string())) : text_at(claims, "aud");
  if (!one || *one != expected.client) return refuse("is not for this server alone (aud)");
  if (claims.contains("azp") && text_at(claims, "azp") != expected.client) return refuse("was made for another (azp)");
  return {};
}

// Steps 9 to 11.
Status check_times(const json::object& claims, const Expected& expected) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(expected.now.time_since_epoch()).count();
  const auto end = seconds_at(claims, "exp"), made = seconds_at(claims, "iat");
  if (!end || !made) return refuse("does not say when it was made and when it ends (iat, exp)");
  if (now >= *end + leeway) return refuse("is over (exp)");
  if (*made > now + leeway) return refuse("comes from the future (iat): is a clock wrong?");
  if (now > *made + oldest) return refuse("is too old (iat): is a clock wrong?");
  if (claims.contains("nbf") && seconds_at(claims, "nbf").value_or(now + 2 * leeway) > now + leeway) return refuse("is not good yet (nbf)");
  const auto nonce = text_at(claims, "nonce");
  if (!nonce || !crypto::equal_constant_time(*nonce, expected.nonce)) return refuse("is not of this login (nonce)");
  return {};
}

}  // namespace

Result<json::object> read_id_token(std::string_view token, const KeySet& keys, const Expected& expected) {
  if (token.size() > longest_token) return refuse("is longer than 16 KiB");
  const auto parts = split(token, '.');
  if (parts.size() != 3) return refuse("has not three parts");
  const auto header = object_of(parts[0]);
  const auto signature = parts[2].contains('=') ? std::nullopt : base64url_decode(parts[2]);
  if (!header || !signature) return refuse("cannot be read");
  TRY_ASSIGN(const auto algorithm, read_header(*header));
  const auto signed_text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  switch (keys.verify(algorithm, text_at(*header, "kid"), signed_text, *signature)) {
    case KeySet::Verdict::good: break;
    case KeySet::Verdict::bad: return refuse("has a signature that is wrong");
    case KeySet::Verdict::no_such_key: return fail(Errc::not_found, "the ID token is signed with a key that the provider does not publish");
  }
  auto claims = object_of(parts[1]);
  if (!claims) return refuse("has claims that cannot be read");
  TRY(check_parties(*claims, expected));
  TRY(check_times(*claims, expected));
  const auto subject = text_at(*claims, "sub");
  if (!subject || subject->empty() || subject->size() > longest_subject) return refuse("does not say whom it is about (sub)");
  return std::move(*claims);
}

Result<std::string> address_in(const json::object& claims, std::string_view claim) {
  const auto name = "\"" + std::string(claim) + "\"";
  const auto value = text_at(claims, claim);
  if (!value) return fail(Errc::refused, "the provider does not tell " + name + " of this login", "Let it give that claim to this client, or name another in oidc.claim");
  if (claim == "email") {
    const auto* verified = claims.if_contains("email_verified");
    if (verified == nullptr || !verified->is_bool() || !verified->get_bool()) return fail(Errc::refused, "the provider has not verified the e-mail address of this login");
  }
  const auto address = mail::parse_address(std::string(*value));
  if (!address) return fail(Errc::refused, name + " of this login is no address: " + printable(*value, 100));
  return to_lower(address->text());
}

}  // namespace posthorn::jmap::oidc
