#include "jmap/oidc/key_set.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/p256.h"
#include "jmap/core/json_strict.h"
#include "jmap/oidc/values.h"

namespace posthorn::jmap::oidc {
namespace {

constexpr std::size_t most_keys = 64;
constexpr unsigned least_rsa_bits = 2048, most_rsa_bits = 8192;  // rfc:7518#3.3 at least 2048

// rfc:7517#4.2-4.4: what it is for, where it says so, must be what we want of it.
bool may_sign(const boost::json::object& key, std::string_view algorithm) {
  if (const auto use = text_at(key, "use"); use && *use != "sig") return false;
  if (const auto named = text_at(key, "alg"); named && *named != algorithm) return false;
  const auto* operations = key.if_contains("key_ops");
  if (operations == nullptr) return true;
  const auto* list = operations->if_array();
  return list != nullptr && std::ranges::any_of(*list, [](const auto& one) { return one.is_string() && one.get_string() == "verify"; });
}

std::string octets_at(const boost::json::object& key, const char* name) {
  const auto text = text_at(key, name);
  return text ? base64url_decode(*text).value_or("") : "";
}

}  // namespace

std::optional<Algorithm> algorithm_of(std::string_view name) {
  if (name == "RS256") return Algorithm::rs256;
  if (name == "ES256") return Algorithm::es256;
  if (name == "EdDSA") return Algorithm::eddsa;
  return std::nullopt;
}

std::optional<KeySet::Key> KeySet::read_key(const boost::json::object& from) {
  Key out;
  const auto kind = text_at(from, "kty"), curve = text_at(from, "crv");
  if (const auto id = text_at(from, "kid")) out.id = std::string(*id);
  if (kind == "RSA" && may_sign(from, "RS256")) {
    auto key = crypto::VerifyingKey::rsa(octets_at(from, "n"), octets_at(from, "e"));
    if (!key || key->bits() < least_rsa_bits || key->bits() > most_rsa_bits) return std::nullopt;
    out.algorithm = Algorithm::rs256;
    out.key = std::move(*key);
    return out;
  }
  if (kind == "EC" && curve == "P-256" && may_sign(from, "ES256")) {
    const auto x = octets_at(from, "x"), y = octets_at(from, "y");
    if (x.size() != 32 || y.size() != 32) return std::nullopt;  // rfc:7518#6.2.1.2
    out.algorithm = Algorithm::es256;
    out.point = "\x04" + x + y;
    return out;
  }
  if (kind == "OKP" && curve == "Ed25519" && may_sign(from, "EdDSA")) {
    auto key = crypto::VerifyingKey::ed25519(octets_at(from, "x"));
    if (!key) return std::nullopt;
    out.algorithm = Algorithm::eddsa;
    out.key = std::move(*key);
    return out;
  }
  return std::nullopt;
}

Result<KeySet> KeySet::read(std::string_view json) {
  const auto parsed = parse_json(json);
  if (!parsed) return fail(Errc::invalid, "the provider's keys are no JSON: " + parsed.error().what);
  const auto* object = parsed->if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("keys");
  if (list == nullptr || !list->is_array()) return fail(Errc::invalid, "the provider's keys are no key set");
  KeySet out;
  for (const auto& one : list->get_array()) {
    if (out.keys_.size() == most_keys) break;
    if (const auto* key = one.if_object())
      if (auto read = read_key(*key)) out.keys_.push_back(std::move(*read));
  }
  if (out.keys_.empty()) return fail(Errc::invalid, "the provider has no key for RS256, ES256 or EdDSA");
  return out;
}

bool KeySet::Key::verify(std::string_view message, std::string_view signature) const {
  switch (algorithm) {
    case Algorithm::rs256: return key->verify(crypto::sha256(message), signature);
    case Algorithm::es256: return crypto::p256_verify_raw(point, message, signature);
    case Algorithm::eddsa: return key->verify(message, signature);
  }
  return false;
}

KeySet::Verdict KeySet::verify(Algorithm algorithm, std::optional<std::string_view> id, std::string_view message, std::string_view signature) const {
  std::vector<const Key*> fit;
  for (const auto& one : keys_)
    if (one.algorithm == algorithm && (!id || one.id == *id)) fit.push_back(&one);
  // OpenID Connect Core 10.1: with several keys the token says which.
  if (fit.empty() || (!id && fit.size() > 1)) return Verdict::no_such_key;
  return std::ranges::any_of(fit, [&](const Key* one) { return one->verify(message, signature); }) ? Verdict::good : Verdict::bad;
}

}  // namespace posthorn::jmap::oidc
