// What an OpenID provider says, before login: no bytes crash a reader; no token is believed that nobody signed; one that is signed is believed only
// if it is of this provider, for us alone, of this login and of now; and a login URL stays on the provider's https endpoint.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "crypto/signing_key.h"
#include "jmap/oidc/documents.h"
#include "jmap/oidc/key_set.h"
#include "jmap/oidc/token.h"

namespace {

using namespace posthorn;
using namespace posthorn::jmap::oidc;

void require(bool condition) {
  if (!condition) std::abort();
}

const Expected expected{"https://a.test", "us", "once", WallTime(std::chrono::seconds(1'795'000'000))};

void check_claims(std::string_view claims) {
  static const auto key = *crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  static const auto set = *KeySet::read(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":")" + base64url_encode(key.public_bytes()) + R"("}]})");
  const auto text = base64url_encode(R"({"alg":"EdDSA"})") + "." + base64url_encode(claims);
  const auto read = read_id_token(text + "." + base64url_encode(*key.sign(text)), set, expected);
  if (!read) return;
  require(read->at("iss").as_string() == "https://a.test" && read->at("nonce").as_string() == "once");
  require(read->at("aud").is_string() ? read->at("aud").as_string() == "us" : read->at("aud").as_array().size() == 1);
  if (const auto address = address_in(*read, "email")) require(read->at("email_verified").as_bool() && address->contains('@'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const auto nobodys = *KeySet::read(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  const auto forged = read_id_token(bytes, nobodys, expected);
  // The key is RFC 8037's, whose private half is published: a signature of it is no surprise, its claims are ours to refuse.
  if (forged) require(forged->at("aud").is_string() || forged->at("aud").is_array());
  check_claims(bytes);
  if (const auto keys = KeySet::read(bytes)) {
    require(keys->size() > 0 && keys->size() <= 64);
    for (const auto algorithm : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) require(keys->verify(algorithm, std::nullopt, "text", bytes) != KeySet::Verdict::good);
  }
  if (const auto about = read_metadata(bytes, "https://a.test")) {
    const auto url = add_parameters(about->authorization, {{"state", std::string(bytes.substr(0, 100))}});
    require(url.starts_with("https://") && url.find_first_of("\r\n \"<>") == std::string::npos);
  }
  if (const auto token = read_token_answer(200, bytes)) require(token->size() < size);
  return 0;
}
