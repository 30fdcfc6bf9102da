#include "jmap/oidc/provider.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/bytes.h"

namespace posthorn::jmap::oidc {
namespace {

constexpr int most_busy = 16;
constexpr Duration kept_for = std::chrono::hours(1), keys_at_most_every = std::chrono::minutes(1);

std::unexpected<Error> not_now(const Error& error) { return fail(Errc::unavailable, "the provider cannot be asked: " + error.what, error.todo); }

class Busy {
 public:
  explicit Busy(std::atomic<int>& count) : count_(count), number_(++count) {}
  ~Busy() { --count_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  bool too_many() const { return number_ > most_busy; }

 private:
  std::atomic<int>& count_;
  int number_;
};

}  // namespace

Task<Result<std::string>> Provider::get(std::string url) {
  http::FetchRequest request;
  request.url = std::move(url);
  request.fields = {{"Accept", "application/json"}};
  auto answer = co_await fetch_(std::move(request));
  if (!answer) co_return not_now(answer.error());
  if (answer->status != 200) co_return fail(Errc::unavailable, "the provider answers with status " + std::to_string(answer->status));
  co_return std::move(answer->body);
}

Task<Result<std::shared_ptr<const Metadata>>> Provider::metadata() {
  {
    const std::lock_guard lock(mutex_);
    if (metadata_.value && clock_.steady() - metadata_.fetched < kept_for) co_return metadata_.value;
  }
  auto text = co_await get(metadata_url(options_.issuer));
  if (!text) co_return fail(text.error());
  auto read = read_metadata(*text, options_.issuer);
  if (!read) co_return not_now(read.error());
  auto value = std::make_shared<const Metadata>(std::move(*read));
  const std::lock_guard lock(mutex_);
  metadata_ = {value, clock_.steady()};
  co_return value;
}

Task<Result<std::shared_ptr<const KeySet>>> Provider::keys(const std::string& url, Want want) {
  {
    const std::lock_guard lock(mutex_);
    const auto age = clock_.steady() - keys_.fetched;
    if (keys_.value && age < (want == Want::newer ? keys_at_most_every : kept_for)) co_return keys_.value;
  }
  auto text = co_await get(url);
  if (!text) co_return fail(text.error());
  auto read = KeySet::read(*text);
  if (!read) co_return not_now(read.error());
  auto value = std::make_shared<const KeySet>(std::move(*read));
  const std::lock_guard lock(mutex_);
  keys_ = {value, clock_.steady()};
  co_return value;
}

Task<Result<std::string>> Provider::login_url(Begun begun) {
  const Busy busy(busy_);
  if (busy.too_many()) co_return fail(Errc::unavailable, "too many logins wait for the provider");
  auto known = co_await metadata();
  if (!known) co_return fail(known.error());
  const Parameters parameters{{"response_type", "code"},
                              {"client_id", options_.client},
                              {"redirect_uri", options_.redirect},
                              {"scope", options_.scope},
                              {"state", begun.state},
                              {"nonce", begun.nonce},
                              // rfc:7636#4.2
                              {"code_challenge", base64url_encode(crypto::sha256(begun.verifier))},
                              {"code_challenge_method", "S256"}};
  co_return add_parameters((*known)->authorization, parameters);
}

// rfc:6749#4.1.3 with rfc:7636#4.5
Task<Result<std::string>> Provider::id_token(const Metadata& known, const Returned& returned) {
  Parameters form{{"grant_type", "authorization_code"}, {"code", returned.code}, {"redirect_uri", options_.redirect}, {"code_verifier", returned.verifier}};
  http::FetchRequest request;
  request.method = "POST";
  request.url = known.token;
  request.fields = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  if (options_.secret.empty() || known.authentication == Metadata::Authentication::post) form.emplace_back("client_id", options_.client);
  if (!options_.secret.empty() && known.authentication == Metadata::Authentication::post) form.emplace_back("client_secret", options_.secret);
  // rfc:6749#2.3.1 name and password are encoded before they become Basic's.
  if (!options_.secret.empty() && known.authentication == Metadata::Authentication::basic)
    request.fields.emplace_back("Authorization", "Basic " + base64_encode(encode_component(options_.client) + ":" + encode_component(options_.secret)));
  request.body = encode_form(form);
  auto answer = co_await fetch_(std::move(request));
  if (!answer) co_return not_now(answer.error());
  co_return read_token_answer(answer->status, answer->body);
}

Task<Result<boost::json::object>> Provider::work_on(Returned returned) {
  auto known = co_await metadata();
  if (!known) co_return fail(known.error());
  // rfc:9207#2.4 against answers of one provider that are passed off as another's.
  const bool told = !returned.issuer.empty();
  if ((told && returned.issuer != options_.issuer) || (!told && (*known)->names_itself)) co_return fail(Errc::refused, "this answer is of another provider");
  auto token = co_await id_token(**known, returned);
  if (!token) co_return fail(token.error());
  const Expected expected{options_.issuer, options_.client, returned.nonce, clock_.now()};
  auto set = co_await keys((*known)->keys, Want::kept);
  if (!set) co_return fail(set.error());
  auto claims = read_id_token(*token, **set, expected);
  if (claims || claims.error().code != Errc::not_found) co_return claims;
  // OpenID Connect Core 10.1.1: a key that is not known may be a new one.
  set = co_await keys((*known)->keys, Want::newer);
  if (!set) co_return fail(set.error());
  claims = read_id_token(*token, **set, expected);
  if (!claims) co_return fail(Errc::refused, claims.error().what);
  co_return claims;
}

Task<Result<boost::json::object>> Provider::claims_for(Returned returned) {
  const Busy busy(busy_);
  if (busy.too_many()) co_return fail(Errc::unavailable, "too many logins wait for the provider");
  co_return co_await work_on(std::move(returned));
}

Result<std::string> Provider::account_of(const boost::json::object& claims) const {
  TRY_ASSIGN(auto address, address_in(claims, options_.claim));
  const auto domain = address.substr(address.rfind('@') + 1);
  if (!options_.domains.empty() && std::ranges::find(options_.domains, domain) == options_.domains.end())
    return fail(Errc::refused, "the provider may not open accounts of " + domain + " (oidc.domains)");
  return address;
}

}  // namespace posthorn::jmap::oidc
