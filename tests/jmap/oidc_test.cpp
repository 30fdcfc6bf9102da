// OpenID Connect: which ID tokens are believed, which documents of a provider are taken, and how often it is asked. The provider is this test.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "base/text.h"
#include "base/virtual_clock.h"
#include "crypto/bytes.h"
#include "crypto/p256.h"
#include "crypto/public_key_der.h"
#include "crypto/signing_key.h"
#include "jmap/oidc/documents.h"
#include "jmap/oidc/key_set.h"
#include "jmap/oidc/provider.h"
#include "jmap/oidc/token.h"

namespace posthorn::jmap::oidc {
namespace {

namespace json = boost::json;

constexpr std::int64_t today = 1'795'000'000;
const char* const issuer = "https://login.test";

// A provider with one key of each kind.
struct Keys {
  crypto::SigningKey rsa = *crypto::SigningKey::generate(crypto::KeyKind::rsa);
  crypto::SigningKey ed25519 = *crypto::SigningKey::generate(crypto::KeyKind::ed25519);
  crypto::P256Key p256 = crypto::P256Key::generate();
  std::string rsa_der = rsa.public_bytes();

  json::object rsa_jwk() const {
    const auto numbers = *crypto::read_rsa_public_key(rsa_der);
    return {{"kty", "RSA"}, {"kid", "r"}, {"use", "sig"}, {"n", base64url_encode(numbers.modulus)}, {"e", base64url_encode(numbers.exponent)}};
  }
  json::object p256_jwk() const {
    const auto point = p256.public_point();
    return {{"kty", "EC"}, {"crv", "P-256"}, {"kid", "e"}, {"alg", "ES256"}, {"x", base64url_encode(point.substr(1, 32))}, {"y", base64url_encode(point.substr(33))}};
  }
  json::object ed25519_jwk() const { return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", "o"}, {"x", base64url_encode(ed25519.public_bytes())}}; }
  std::string set() const { return json::serialize(json::object{{"keys", json::array{rsa_jwk(), p256_jwk(), ed25519_jwk()}}}); }

  std::string token(const json::object& header, const json::object& claims) const { return signed_token(header, json::serialize(claims)); }
  std::string signed_token(const json::object& header, const std::string& claims) const {
    const auto text = base64url_encode(json::serialize(header)) + "." + base64url_encode(claims);
    const auto* alg = header.if_contains("alg");
    const std::string name = alg != nullptr && alg->is_string() ? std::string(alg->get_string()) : "";
    std::string signature;
    if (name == "RS256") signature = *rsa.sign(crypto::sha256(text));
    if (name == "ES256") signature = p256.sign(text);
    if (name == "EdDSA") signature = *ed25519.sign(text);
    // The public half as if it were the secret of a MAC: as it is published, and as its DER.
    if (name == "HS256") signature = crypto::hmac_sha256(rsa_der, text);
    if (name == "HS256 with the set") signature = crypto::hmac_sha256(set(), text);
    return text + "." + base64url_encode(signature);
  }
};

const Keys& keys() {
  static const Keys all;
  return all;
}

json::object good_claims() {
  return {{"iss", issuer}, {"aud", "posthorn"}, {"sub", "1234"}, {"exp", today + 300}, {"iat", today}, {"nonce", "n-0S6"}, {"email", "Alice@Blue.test"}, {"email_verified", true}};
}

Result<json::object> read(const std::string& token) {
  const auto set = KeySet::read(keys().set());
  if (!set) return fail(set.error());
  return read_id_token(token, *set, Expected{issuer, "posthorn", "n-0S6", WallTime(std::chrono::seconds(today))});
}

const json::object header{{"alg", "RS256"}, {"kid", "r"}};

TEST(IdToken, OfEachAlgorithmIsBelieved) {
  for (const auto& [alg, kid] : {std::pair("RS256", "r"), std::pair("ES256", "e"), std::pair("EdDSA", "o")}) {
    for (const bool named : {true, false}) {
      json::object head{{"alg", alg}, {"typ", "JWT"}};
      if (named) head["kid"] = kid;
      const auto claims = read(keys().token(head, good_claims()));
      ASSERT_TRUE(claims) << alg << ": " << claims.error().text();
      EXPECT_EQ(*address_in(*claims, "email"), "alice@blue.test");
    }
  }
}

TEST(IdToken, IsRefusedWhenItsSignatureIsNoneOrOfAnotherKindOfKey) {
  const auto good = keys().token(header, good_claims());
  const auto parts = split(good, '.');
  const auto with_header = [&](const json::object& head) { return base64url_encode(json::serialize(head)) + "." + std::string(parts[1]) + "." + std::string(parts[2]); };
  const std::pair<const char*, std::string> rows[] = {
      {"none", base64url_encode(R"({"alg":"none"})") + "." + std::string(parts[1]) + "."},
      {"None", base64url_encode(R"({"alg":"None"})") + "." + std::string(parts[1]) + "."},
      {"none with a signature", with_header({{"alg", "none"}, {"kid", "r"}})},
      {"no alg", with_header({{"kid", "r"}})},
      {"alg is no text", with_header({{"alg", 5}, {"kid", "r"}})},
      {"HS256 with the RSA key", keys().token({{"alg", "HS256"}, {"kid", "r"}}, good_claims())},
      {"HS256 without an id", keys().token({{"alg", "HS256"}}, good_claims())},
      {"RS512", with_header({{"alg", "RS512"}, {"kid", "r"}})},
      {"PS256", with_header({{"alg", "PS256"}, {"kid", "r"}})},
      {"ES256 with the id of the RSA key", keys().token({{"alg", "ES256"}, {"kid", "r"}}, good_claims())},
      {"RS256 with the id of the EC key", keys().token({{"alg", "RS256"}, {"kid", "e"}}, good_claims())},
      {"its own key", keys().token({{"alg", "RS256"}, {"kid", "other"}, {"jwk", keys().rsa_jwk()}}, good_claims())},
      {"a key of elsewhere", keys().token({{"alg", "RS256"}, {"kid", "other"}, {"jku", "https://evil.test/keys"}}, good_claims())},
      {"a critical extension", keys().token({{"alg", "RS256"}, {"kid", "r"}, {"crit", json::array{"b64"}}, {"b64", true}}, good_claims())},
      {"another type", keys().token({{"alg", "RS256"}, {"kid", "r"}, {"typ", "at+jwt"}}, good_claims())},
      {"an id that is no text", keys().token({{"alg", "RS256"}, {"kid", 1}}, good_claims())},
      {"no signature", std::string(parts[0]) + "." + std::string(parts[1]) + "."},
      {"a cut signature", good.substr(0, good.size() - 4)},
      {"two parts", std::string(parts[0]) + "." + std::string(parts[1])},
      {"five parts", good + "..x"},
      {"padding", good + "="},
      {"other claims", std::string(parts[0]) + "." + base64url_encode(R"({"sub":"root"})") + "." + std::string(parts[2])},
      {"empty", ""},
      {"too long", keys().token(header, json::object{{"pad", std::string(20'000, 'x')}})},
      {"a header twice", base64url_encode(R"({"alg":"none","alg":"RS256","kid":"r"})") + "." + std::string(parts[1]) + "." + std::string(parts[2])},
      {"claims twice", keys().signed_token(header, R"({"iss":"https://evil.test",)" + json::serialize(good_claims()).substr(1))},
  };
  for (const auto& [name, token] : rows) EXPECT_FALSE(read(token)) << name;
  // Every octet of the signed part is signed.
  for (std::size_t i = 0; i + parts[2].size() < good.size(); i += 7) {
    auto changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read(changed)) << i;
  }
}

TEST(IdToken, IsRefusedWhenItIsNotForUsNow) {
  struct Row { const char* name; const char* claim; json::value value; };
  const Row rows[] = {
      {"another issuer", "iss", "https://evil.test"}, {"an issuer that begins so", "iss", "https://login.test/"}, {"no issuer", "iss", nullptr},
      {"for another", "aud", "other"},                {"for several", "aud", json::array{"posthorn", "other"}},     {"for nobody", "aud", json::array{}},
      {"no audience", "aud", nullptr},                {"made for another", "azp", "other"},                        {"azp is no text", "azp", 5},
      {"over", "exp", today - 61},                    {"no end", "exp", nullptr},                                  {"an end that is text", "exp", json::value(std::to_string(today + 300))},
      {"an endless end", "exp", 1e300},               {"from the future", "iat", today + 61},                      {"too old", "iat", today - 601},
      {"no birth", "iat", nullptr},                   {"not yet", "nbf", today + 61},                              {"another nonce", "nonce", "n-0S7"},
      {"no nonce", "nonce", nullptr},                 {"nobody", "sub", ""},                                       {"no subject", "sub", nullptr},
      {"a long subject", "sub", json::value(std::string(256, 's'))},
  };
  for (const auto& row : rows) {
    auto claims = good_claims();
    if (row.value.is_null()) claims.erase(row.claim);
    else claims[row.claim] = row.value;
    const auto claimed = read(keys().token(header, claims));
    ASSERT_FALSE(claimed) << row.name;
    EXPECT_EQ(claimed.error().code, Errc::refused) << row.name;
  }
  // What is within the leeway of clocks, and what a list of one is.
  const Row good[] = {{"just over", "exp", today - 59}, {"just made", "iat", today + 59}, {"a list of one", "aud", json::array{"posthorn"}}, {"made for us", "azp", "posthorn"}, {"a fraction", "iat", 0.5 + today}};
  for (const auto& row : good) {
    auto claims = good_claims();
    claims[row.claim] = row.value;
    const auto claimed = read(keys().token(header, claims));
    EXPECT_TRUE(claimed) << row.name << ": " << claimed.error().text();
  }
}

TEST(IdToken, NamesAnAccountByAVerifiedAddressOrTheClaimThatWasConfigured) {
  const auto with = [](const char* name, json::value value) {
    auto claims = good_claims();
    claims[name] = std::move(value);
    return claims;
  };
  EXPECT_FALSE(address_in(with("email_verified", false), "email"));
  EXPECT_FALSE(address_in(with("email_verified", "true"), "email"));
  EXPECT_FALSE(address_in(with("email_verified", nullptr), "email"));
  EXPECT_FALSE(address_in(with("email", "alice"), "email"));
  EXPECT_FALSE(address_in(with("email", json::array{"alice@blue.test"}), "email"));
  EXPECT_FALSE(address_in(with("email", "alice@blue.test\nX"), "email"));
  EXPECT_FALSE(address_in(good_claims(), "upn"));
  EXPECT_EQ(*address_in(with("upn", "bob@blue.test"), "upn"), "bob@blue.test");
}

TEST(KeySet, LeavesOutWhatMayNotSign) {
  const auto good = keys().rsa_jwk();
  const auto with = [&](json::object key, const char* name, json::value value) {
    key[name] = std::move(value);
    return KeySet::read(json::serialize(json::object{{"keys", json::array{key}}}));
  };
  EXPECT_TRUE(with(good, "alg", "RS256"));
  EXPECT_TRUE(with(good, "key_ops", json::array{"verify"}));
  EXPECT_FALSE(with(good, "use", "enc"));
  EXPECT_FALSE(with(good, "alg", "PS256"));
  EXPECT_FALSE(with(good, "alg", "RSA-OAEP"));
  EXPECT_FALSE(with(good, "key_ops", json::array{"encrypt"}));
  EXPECT_FALSE(with(good, "kty", "oct"));
  EXPECT_FALSE(with(good, "e", "AQ")) << "an exponent of one";
  EXPECT_FALSE(with(good, "n", json::value(base64url_encode(std::string(128, '\xff'))))) << "1024 bits";
  EXPECT_FALSE(with(good, "n", json::value(base64url_encode(std::string(1025, '\xff'))))) << "over 8192 bits";
  EXPECT_FALSE(with(good, "n", ""));
  EXPECT_FALSE(with(keys().p256_jwk(), "crv", "P-521"));
  EXPECT_FALSE(with(keys().p256_jwk(), "x", "AA"));
  EXPECT_FALSE(with(keys().ed25519_jwk(), "x", "AA"));
  EXPECT_FALSE(with(keys().ed25519_jwk(), "crv", "X25519"));
  for (const auto* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1,"x",null,{}]})", R"({"keys":[{"kty":"oct","k":"AAAA"}]})"}) EXPECT_FALSE(KeySet::read(text)) << text;
  json::array many;
  for (int i = 0; i < 500; ++i) many.push_back(keys().ed25519_jwk());
  EXPECT_EQ(KeySet::read(json::serialize(json::object{{"keys", many}}))->size(), 64u);
}

json::object metadata() {
  return {{"issuer", issuer}, {"authorization_endpoint", "https://login.test/auth?tenant=1"}, {"token_endpoint", "https://login.test/token"}, {"jwks_uri", "https://login.test/keys"}};
}

TEST(ProviderMetadata, AreOfTheIssuerAloneAndLeadToHttps) {
  EXPECT_EQ(metadata_url("https://login.test"), "https://login.test/.well-known/openid-configuration");
  EXPECT_EQ(metadata_url("https://login.test/a/"), "https://login.test/a/.well-known/openid-configuration");
  EXPECT_TRUE(read_metadata(json::serialize(metadata()), issuer));
  EXPECT_FALSE(read_metadata(json::serialize(metadata()), "https://login.test/"));
  EXPECT_FALSE(read_metadata("[]", issuer));
  EXPECT_FALSE(read_metadata("", issuer));
  for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    for (const json::value& value : {json::value(nullptr), json::value("http://login.test/x"), json::value("javascript:alert(1)"), json::value("//login.test/x"), json::value("https://u:p@login.test/"),
                                     json::value("https://login.test/a b"), json::value("https://login.test/\r\nX: y"), json::value(5)}) {
      auto changed = metadata();
      changed[name] = value;
      EXPECT_FALSE(read_metadata(json::serialize(changed), issuer)) << name << " " << json::serialize(value);
    }
}

TEST(TokenAnswer, TellsTheTokenOrWhyNot) {
  EXPECT_EQ(*read_token_answer(200, R"({"id_token":"a.b.c","access_token":"x","token_type":"Bearer"})"), "a.b.c");
  EXPECT_EQ(read_token_answer(200, R"({"access_token":"x"})").error().code, Errc::refused);
  EXPECT_EQ(read_token_answer(400, R"({"error":"invalid_grant"})").error().code, Errc::refused);
  EXPECT_EQ(read_token_answer(401, "no").error().code, Errc::refused);
  EXPECT_EQ(read_token_answer(302, "").error().code, Errc::unavailable);
  EXPECT_EQ(read_token_answer(500, "{}").error().code, Errc::unavailable);
  EXPECT_EQ(read_token_answer(200, "<html>").error().code, Errc::unavailable);
}

// A provider that answers from this table, and counts.
class FakeProvider : public ::testing::Test {
 protected:
  FakeProvider() { clock.jump_wall(WallTime(std::chrono::seconds(today)) - clock.now()); }
  Task<Result<http::FetchAnswer>> fetch(http::FetchRequest request) {
    asked.push_back(request.url);
    last = request;
    if (broken) co_return fail(*broken);
    http::FetchAnswer answer;
    answer.status = 200;
    answer.body = request.url.ends_with("configuration") ? json::serialize(about) : request.url.ends_with("keys") ? published : json::serialize(json::object{{"id_token", token}});
    co_return answer;
  }
  template <class T>
  T run(Task<T> task) {
    std::optional<T> value;
    boost::asio::co_spawn(context, std::move(task), [&value](const std::exception_ptr&, T got) { value = std::move(got); });
    context.restart();
    context.run();
    return std::move(*value);
  }
  Result<json::object> come_back(std::string from = "") { return run(provider.claims_for({"the code", std::move(from), "n-0S6", "the verifier"})); }
  static Options options() {
    Options out;
    out.issuer = issuer;
    out.client = "posthorn";
    out.secret = "s:c ret";
    out.redirect = "https://mail.test/auth/oidc/callback";
    return out;
  }

  boost::asio::io_context context;
  VirtualClock clock{context};
  json::object about = metadata();
  std::string published = keys().set(), token = keys().token(header, good_claims());
  std::optional<Error> broken;
  std::vector<std::string> asked;
  http::FetchRequest last;
  Provider provider{options(), [this](http::FetchRequest request) { return fetch(std::move(request)); }, clock};
};

TEST_F(FakeProvider, IsSentABrowserWithPkceStateAndNonce) {
  const auto url = *run(provider.login_url({"the state", "the nonce", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}));
  EXPECT_EQ(url, "https://login.test/auth?tenant=1&response_type=code&client_id=posthorn&redirect_uri=https%3A%2F%2Fmail.test%2Fauth%2Foidc%2Fcallback&scope=openid%20email&state=the%20state"
                 "&nonce=the%20nonce&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256") << "rfc:7636 appendix B";
}

TEST_F(FakeProvider, IsAskedOnceForWhatItPublishes) {
  ASSERT_TRUE(come_back());
  EXPECT_EQ(last.url, "https://login.test/keys");
  ASSERT_TRUE(come_back());
  EXPECT_EQ(last.url, "https://login.test/token");
  EXPECT_EQ(asked.size(), 4u);
  EXPECT_EQ(last.body, "grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fmail.test%2Fauth%2Foidc%2Fcallback&code_verifier=the%20verifier");
  EXPECT_EQ(last.fields.back().second, "Basic " + base64_encode("posthorn:s%3Ac%20ret"));
  clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(come_back().error().code, Errc::refused) << "the token is of an hour ago";
  EXPECT_EQ(asked.size(), 7u);
}

TEST_F(FakeProvider, TakesItsSecretInTheFormWhereItWantsThat) {
  about["token_endpoint_auth_methods_supported"] = json::array{"client_secret_post", "private_key_jwt"};
  ASSERT_TRUE(come_back());
  ASSERT_TRUE(come_back());
  EXPECT_TRUE(last.body.ends_with("&client_id=posthorn&client_secret=s%3Ac%20ret")) << last.body;
}

TEST_F(FakeProvider, MayHaveANewKeyButIsNotAskedForItAgainAndAgain) {
  published = json::serialize(json::object{{"keys", json::array{keys().p256_jwk()}}});
  EXPECT_EQ(come_back().error().code, Errc::refused);
  const auto before = asked.size();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(come_back());
  EXPECT_EQ(asked.size(), before + 10) << "only for tokens";
  published = keys().set();
  EXPECT_FALSE(come_back());
  clock.advance(std::chrono::seconds(61));
  EXPECT_TRUE(come_back());
}

TEST_F(FakeProvider, ThatFailsIsNotBelieved) {
  for (const auto code : {Errc::timeout, Errc::too_big, Errc::refused, Errc::unavailable}) {
    broken = Error{code, "broken", {}};
    EXPECT_EQ(come_back().error().code, Errc::unavailable);
    EXPECT_EQ(run(provider.login_url({"s", "n", "v"})).error().code, Errc::unavailable);
  }
  broken.reset();
  EXPECT_TRUE(come_back()) << "and that it failed is not kept";
}

TEST_F(FakeProvider, MustBeTheOneThatABrowserComesFrom) {
  EXPECT_EQ(come_back("https://evil.test").error().code, Errc::refused);
  EXPECT_TRUE(come_back(issuer));
  about["authorization_response_iss_parameter_supported"] = true;
  clock.advance(std::chrono::hours(2));
  EXPECT_NE(come_back("").error().what.find("another provider"), std::string::npos);
}

TEST_F(FakeProvider, OpensAccountsOfItsDomainsOnly) {
  auto some = options();
  some.domains = {"green.test"};
  const Provider narrow(some, nullptr, clock);
  EXPECT_FALSE(narrow.account_of(good_claims()));
  EXPECT_EQ(*provider.account_of(good_claims()), "alice@blue.test");
  some.domains = {"green.test", "blue.test"};
  EXPECT_TRUE(Provider(some, nullptr, clock).account_of(good_claims()));
}

}  // namespace
}  // namespace posthorn::jmap::oidc
