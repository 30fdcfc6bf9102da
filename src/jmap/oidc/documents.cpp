#include "jmap/oidc/documents.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"
#include "http/fetch.h"
#include "jmap/core/json_strict.h"
#include "jmap/oidc/values.h"

namespace posthorn::jmap::oidc {
namespace {

namespace json = boost::json;

bool is_listed(const json::object& object, const char* name, std::string_view value) {
  const auto* list = object.if_contains(name);
  return list != nullptr && list->is_array() && std::ranges::any_of(list->get_array(), [value](const auto& one) { return one.is_string() && std::string_view(one.get_string()) == value; });
}

Result<std::string> url_at(const json::object& object, const char* name) {
  const auto value = text_at(object, name);
  if (!value) return fail(Errc::invalid, std::string("the provider's metadata name no ") + name);
  // Where it may lead is asked again when it is fetched; a browser may go inside.
  http::FetchOptions any;
  any.allow_private = true;
  const auto target = http::check_url(std::string(*value), any);
  if (!target) return fail(Errc::invalid, std::string("the provider's ") + name + " is not usable: " + target.error().what);
  return target->url;
}

}  // namespace

std::string metadata_url(std::string_view issuer) {
  // OpenID Connect Discovery 4: a terminating '/' of the issuer is removed.
  return std::string(issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer) + "/.well-known/openid-configuration";
}

Result<Metadata> read_metadata(std::string_view text, std::string_view issuer) {
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return fail(Errc::invalid, "the provider's metadata are no JSON object" + (parsed ? "" : ": " + parsed.error().what));
  const auto& object = parsed->get_object();
  // OpenID Connect Discovery 4.3: else one provider could speak for another.
  if (text_at(object, "issuer") != issuer)
    return fail(Errc::invalid, "the provider calls itself \"" + printable(text_at(object, "issuer").value_or(""), 200) + "\"", "Write oidc.issuer exactly so, if that is who you mean");
  Metadata out;
  TRY_ASSIGN(out.authorization, url_at(object, "authorization_endpoint"));
  TRY_ASSIGN(out.token, url_at(object, "token_endpoint"));
  TRY_ASSIGN(out.keys, url_at(object, "jwks_uri"));
  // Without a list it is client_secret_basic (Discovery 3).
  const auto* methods = "token_endpoint_auth_methods_supported";
  if (object.contains(methods) && !is_listed(object, methods, "client_secret_basic")) out.authentication = Metadata::Authentication::post;
  out.names_itself = flag_at(object, "authorization_response_iss_parameter_supported");
  return out;
}

Result<std::string> read_token_answer(unsigned status, std::string_view text) {
  const auto parsed = parse_json(text);
  const auto* object = parsed ? parsed->if_object() : nullptr;
  // rfc:6749#5.2
  if (status == 400 || status == 401) {
    const auto why = object == nullptr ? std::nullopt : text_at(*object, "error");
    return fail(Errc::refused, "the provider does not take the code: " + printable(why.value_or("it does not say why"), 100));
  }
  if (status != 200 || object == nullptr) return fail(Errc::unavailable, "the provider's answer to the code cannot be used (status " + std::to_string(status) + ")");
  const auto token = text_at(*object, "id_token");
  if (!token) return fail(Errc::refused, "the provider gave no ID token");
  return std::string(*token);
}

std::string encode_component(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : "%" + to_upper(hex(std::string(1, c)));
  }
  return out;
}

std::string encode_form(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) out += (out.empty() ? "" : "&") + encode_component(name) + "=" + encode_component(value);
  return out;
}

std::string add_parameters(const std::string& url, const Parameters& parameters) { return url + (url.contains('?') ? "&" : "?") + encode_form(parameters); }

}  // namespace posthorn::jmap::oidc
