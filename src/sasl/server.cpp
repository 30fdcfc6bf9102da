#include "sasl/server.h"

#include "base/text.h"
#include "crypto/bytes.h"
#include "sasl/credential.h"
#include "sasl/scram.h"

namespace posthorn::sasl {
namespace {

Failure malformed(const char* why) { return Failure{why, true}; }

// What PLAIN and LOGIN share once they have a name and a password.
class PasswordServer : public Server {
 public:
  Step resume(bool good) override {
    if (!good) return Failure{"wrong user or password", false};
    return Success{user_, {}, {}};
  }
  Step resume(const crypto::ScramVerifier&) override { return malformed("not a SCRAM exchange"); }

 protected:
  Step check(std::string user, std::string password) {
    if (!is_credential(user) || !is_credential(password)) return malformed("empty, not UTF-8, or with control characters");
    user_ = user;
    return CheckPassword{std::move(user), std::move(password)};
  }

 private:
  std::string user_;
};

// rfc:4616#2 authzid NUL authcid NUL passwd.
class PlainServer final : public PasswordServer {
 public:
  Step step(std::optional<std::string_view> message) override {
    if (!message) return Challenge{};
    if (message->size() > message_limit) return malformed("too long");
    const auto parts = split(*message, '\0');
    if (parts.size() != 3) return malformed("not three parts");
    // Acting for somebody else is not offered.
    if (!parts[0].empty() && parts[0] != parts[1]) return Failure{"authorization identity of another", false};
    return check(std::string(parts[1]), std::string(parts[2]));
  }
};

// draft-murchison-sasl-login: old, and still what some apps speak.
class LoginServer final : public PasswordServer {
 public:
  Step step(std::optional<std::string_view> message) override {
    if (!message) return Challenge{"Username:"};
    if (message->size() > message_limit || message->contains('\0')) return malformed("too long, or NUL");
    if (!user_) {
      user_ = std::string(*message);
      return Challenge{"Password:"};
    }
    return check(*user_, std::string(*message));
  }

 private:
  std::optional<std::string> user_;
};

// rfc:5802#7, rfc:7677, rfc:9266.
class ScramServer final : public Server {
 public:
  enum class Binding : unsigned char { none, required };
  ScramServer(Binding binding, std::string exporter, std::string nonce)
      : binding_(binding), exporter_(std::move(exporter)), server_nonce_(std::move(nonce)) {
    if (server_nonce_.empty()) server_nonce_ = base64_encode(crypto::random_bytes(18));
  }

  Step step(std::optional<std::string_view> message) override {
    if (!message) return state_ == State::first ? Step(Challenge{}) : Step(malformed("no message"));
    if (message->size() > message_limit) return malformed("too long");
    if (state_ == State::first) return first(*message);
    if (state_ == State::final) return final(*message);
    return malformed("out of order");
  }
  Step resume(bool) override { return malformed("not a password exchange"); }

  Step resume(const crypto::ScramVerifier& verifier) override {
    if (state_ != State::verifier) return malformed("out of order");
    verifier_ = verifier;
    nonce_ += server_nonce_;
    server_first_ = "r=" + nonce_ + ",s=" + base64_encode(verifier.salt) + ",i=" + std::to_string(verifier.iterations);
    state_ = State::final;
    return Challenge{server_first_};
  }

 private:
  enum class State : unsigned char { first, verifier, final, over };

  // gs2-header: "n,,", "y,,", "p=tls-exporter,," with an authzid that must be the user's own, if any.
  Step first(std::string_view message) {
    const auto comma = message.find(',');
    const auto second = comma == std::string_view::npos ? comma : message.find(',', comma + 1);
    if (second == std::string_view::npos) return malformed("no gs2 header");
    const auto flag = message.substr(0, comma), authzid = message.substr(comma + 1, second - comma - 1);
    if (auto refused = check_binding(flag)) return std::move(*refused);
    gs2_header_ = message.substr(0, second + 1);
    client_first_bare_ = message.substr(second + 1);
    const auto attributes = parse_attributes(client_first_bare_);
    // rfc:5802#7 "n" and "r" come first and in that order.
    if (!attributes || attributes->size() < 2 || (*attributes)[0].name != 'n' || (*attributes)[1].name != 'r' ||
        !only_extensions(*attributes, 2, attributes->size()))
      return malformed("client-first");
    const auto user = decode_name((*attributes)[0].value);
    const auto as = authzid.starts_with("a=") ? decode_name(authzid.substr(2)) : std::nullopt;
    if (!user || !is_nonce((*attributes)[1].value)) return malformed("name or nonce");
    if (!authzid.empty() && as != user) return Failure{"authorization identity of another", false};
    user_ = *user;
    nonce_ = (*attributes)[1].value;
    state_ = State::verifier;
    return FindVerifier{user_};
  }

  std::optional<Step> check_binding(std::string_view flag) {
    if (binding_ == Binding::required) {
      if (flag != "p=tls-exporter") return malformed("-PLUS needs tls-exporter");
      binding_data_ = exporter_;
      return std::nullopt;
    }
    if (flag == "n") return std::nullopt;
    // rfc:5802#6 "y": the client could bind and thinks that we cannot. If we can, somebody took -PLUS out of our list.
    if (flag == "y" && exporter_.empty()) return std::nullopt;
    return flag == "y" ? Step(Failure{"channel binding was taken out of our list of mechanisms", false}) : Step(malformed("gs2 flag"));
  }

  Step final(std::string_view message) {
    state_ = State::over;
    const auto attributes = parse_attributes(message);
    if (!attributes || attributes->size() < 3 || (*attributes)[0].name != 'c' || (*attributes)[1].name != 'r' || attributes->back().name != 'p' ||
        !only_extensions(*attributes, 2, attributes->size() - 1))
      return malformed("client-final");
    const auto proof = base64_decode(attributes->back().value);
    if (!proof || proof->size() != 32) return malformed("proof");
    if ((*attributes)[0].value != base64_encode(gs2_header_ + binding_data_)) return Failure{"channel binding does not match", false};
    if ((*attributes)[1].value != nonce_) return Failure{"nonce does not match", false};
    const auto without_proof = message.substr(0, message.rfind(",p="));
    const std::string auth_message = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
    const auto match = crypto::check_scram_proof(verifier_, auth_message, *proof);
    if (!match) return Failure{match.error().what, false, true};
    if (!*match) return Failure{"wrong user or password", false};
    return Success{user_, "v=" + base64_encode((*match)->signature), verifier_.keys[(*match)->key]};
  }

  Binding binding_;
  std::string exporter_, server_nonce_, binding_data_;
  State state_ = State::first;
  std::string user_, nonce_, gs2_header_, client_first_bare_, server_first_;
  crypto::ScramVerifier verifier_;
};

}  // namespace

std::vector<std::string_view> mechanisms(bool tls, bool channel_binding) {
  if (!tls) return {};
  if (channel_binding) return {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"};
  return {"SCRAM-SHA-256", "PLAIN", "LOGIN"};
}

std::unique_ptr<Server> make_server(std::string_view mechanism, std::string exporter, std::string nonce) {
  using Binding = ScramServer::Binding;
  if (equal_icase(mechanism, "PLAIN")) return std::make_unique<PlainServer>();
  if (equal_icase(mechanism, "LOGIN")) return std::make_unique<LoginServer>();
  if (equal_icase(mechanism, "SCRAM-SHA-256")) return std::make_unique<ScramServer>(Binding::none, std::move(exporter), std::move(nonce));
  if (equal_icase(mechanism, "SCRAM-SHA-256-PLUS") && !exporter.empty())
    return std::make_unique<ScramServer>(Binding::required, std::move(exporter), std::move(nonce));
  return nullptr;
}

}  // namespace posthorn::sasl
