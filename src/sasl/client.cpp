#include "sasl/client.h"

#include <algorithm>

#include "base/cursor.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/password.h"
#include "sasl/credential.h"
#include "sasl/scram.h"

namespace posthorn::sasl {
namespace {

constexpr std::uint32_t least_iterations = 4096, most_iterations = 1'000'000;  // rfc:7677#4; more would be work for an attacker's sake

std::unexpected<Error> stop(const char* why) { return fail(Errc::refused, std::string("the login to the server was broken off: ") + why); }

class PlainClient final : public Client {
 public:
  explicit PlainClient(ClientLogin login) : login_(std::move(login)) {}
  std::string_view mechanism() const override { return "PLAIN"; }
  Result<std::string> step(std::optional<std::string_view>) override {
    if (sent_) return stop("it asked for more than PLAIN has");
    if (!is_credential(login_.user) || !is_credential(login_.password)) return stop("our user or password is empty or holds what PLAIN cannot carry");
    sent_ = true;
    return std::string(1, '\0') + login_.user + '\0' + login_.password;
  }
  Status finish(std::optional<std::string_view>) override { return {}; }

 private:
  ClientLogin login_;
  bool sent_ = false;
};

class ScramClient final : public Client {
 public:
  ScramClient(ClientLogin login, bool bound) : login_(std::move(login)), bound_(bound) {
    if (login_.nonce.empty()) login_.nonce = base64_encode(crypto::random_bytes(18));
    // rfc:5802#6 "y" tells a server that has -PLUS, and whose list did not arrive so, that somebody changed the list.
    gs2_header_ = bound_ ? "p=tls-exporter,," : login_.exporter.empty() ? "n,," : "y,,";
  }
  std::string_view mechanism() const override { return bound_ ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256"; }

  Result<std::string> step(std::optional<std::string_view> challenge) override {
    switch (state_++) {
      case 0:
        if (!is_credential(login_.user) || !is_credential(login_.password)) return stop("our user or password is empty or holds control characters");
        first_bare_ = "n=" + encode_name(login_.user) + ",r=" + login_.nonce;
        return gs2_header_ + first_bare_;
      case 1: return challenge ? answer(*challenge) : stop("it sent no challenge");
      case 2:
        // Servers without additional data with success send their proof as one more challenge.
        TRY(finish(challenge));
        return std::string();
      default: return stop("it asked for more than SCRAM has");
    }
  }

  Status finish(std::optional<std::string_view> data) override {
    if (proved_ && (!data || data->empty())) return {};
    if (!data || signature_.empty() || !crypto::equal_constant_time(*data, "v=" + base64_encode(signature_)))
      return stop("it does not know our password and is not the server it says it is");
    proved_ = true;
    return {};
  }

 private:
  Result<std::string> answer(std::string_view challenge) {
    const auto attributes = parse_attributes(challenge);
    if (!attributes || attributes->size() < 3 || (*attributes)[0].name != 'r' || (*attributes)[1].name != 's' || (*attributes)[2].name != 'i')
      return stop("its challenge is malformed");
    const auto nonce = (*attributes)[0].value;
    const auto salt = base64_decode((*attributes)[1].value);
    Cursor digits((*attributes)[2].value);
    const auto iterations = digits.take_number(most_iterations);
    if (!is_nonce(nonce) || !nonce.starts_with(login_.nonce) || nonce.size() == login_.nonce.size()) return stop("its nonce does not go on from ours");
    if (!salt || salt->empty() || !iterations || !digits.done() || *iterations < least_iterations) return stop("its salt or iteration count is out of bounds");
    const auto salted = crypto::pbkdf2_sha256(login_.password, *salt, static_cast<std::uint32_t>(*iterations));
    const auto client_key = crypto::hmac_sha256(salted, "Client Key");
    const auto without_proof = "c=" + base64_encode(gs2_header_ + (bound_ ? login_.exporter : "")) + ",r=" + std::string(nonce);
    const auto auth_message = first_bare_ + "," + std::string(challenge) + "," + without_proof;
    signature_ = crypto::hmac_sha256(crypto::hmac_sha256(salted, "Server Key"), auth_message);
    const auto proof = exclusive_or(client_key, crypto::hmac_sha256(crypto::sha256(client_key), auth_message));
    return without_proof + ",p=" + base64_encode(proof);
  }

  ClientLogin login_;
  bool bound_;
  int state_ = 0;
  bool proved_ = false;
  std::string gs2_header_, first_bare_, signature_;
};

}  // namespace

std::unique_ptr<Client> make_client(const std::vector<std::string>& offered, ClientLogin login) {
  const auto has = [&offered](std::string_view name) { return std::ranges::any_of(offered, [name](const auto& one) { return equal_icase(one, name); }); };
  if (has("SCRAM-SHA-256-PLUS") && !login.exporter.empty()) return std::make_unique<ScramClient>(std::move(login), true);
  if (has("SCRAM-SHA-256")) return std::make_unique<ScramClient>(std::move(login), false);
  if (has("PLAIN")) return std::make_unique<PlainClient>(std::move(login));
  return nullptr;
}

}  // namespace posthorn::sasl
