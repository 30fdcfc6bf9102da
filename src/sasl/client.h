// sasl/client.h - SASL as a client: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, PLAIN, in that order of liking. A pure state machine; the
// protocol that carries it does the base64. Used by smtp/client towards smarthosts, only under TLS.
// Security: the server's challenges are hostile bytes, at most 4 KiB each; a server that cannot prove that it knows the SCRAM keys fails.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::sasl {

class Client {
 public:
  virtual ~Client() = default;
  virtual std::string_view mechanism() const = 0;
  // Without a challenge: the initial response. With one: the answer to it, or why we stop.
  virtual Result<std::string> step(std::optional<std::string_view> challenge) = 0;
  // After the server's success: `data` is what came with it. Refused if the mechanism still owed us a proof.
  virtual Status finish(std::optional<std::string_view> data) = 0;
};

struct ClientLogin {
  std::string user, password;
  std::string exporter;  // TlsFacts::exporter; empty: no channel binding
  std::string nonce;     // empty: random; tests give their own
};
// The best mechanism that both sides have, or nullptr. `offered` as the server wrote them.
std::unique_ptr<Client> make_client(const std::vector<std::string>& offered, ClientLogin login);

}  // namespace posthorn::sasl
