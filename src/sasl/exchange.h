// sasl/exchange.h - one login by SASL from its first message to its end: carries a Server's questions to the client and the accounts.
// SMTP, IMAP and POP3 have no room for data with success: those go as one more challenge (RFC 4954 4, RFC 9051 6.2.2, RFC 5034 4).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/task.h"
#include "sasl/accounts.h"
#include "sasl/server.h"

namespace posthorn::sasl {

// The protocol's side: sends a challenge and gives the decoded answer. Errors: invalid (cancelled, or no base64), closed, timeout.
class Asker {
 public:
  virtual ~Asker() = default;
  virtual Task<Result<std::string>> ask(std::string challenge) = 0;
};

// Refused: wrong user or password. Invalid: malformed or cancelled. Unavailable: cannot tell now.
Task<Result<Login>> exchange(Server& server, std::optional<std::string> initial, Asker& asker, Accounts& accounts, std::string service,
                             std::string address);

}  // namespace posthorn::sasl
