// smtp/client/plan.h - what one message needs from a server and the commands that ask for it. Pure: message and capabilities in,
// commands or refusals out. Security: no address, parameter or text leaves that could begin a line of its own (attacks.md A2, A8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "smtp/client.h"
#include "smtp/grammar/capabilities.h"

namespace posthorn::smtp {

struct Plan {
  std::optional<Reply> refusal;                 // of the whole message, by us
  std::string mail;                             // without CRLF
  struct Recipient { std::string rcpt; std::optional<Reply> refusal; };
  std::vector<Recipient> recipients;            // one for each of the message's, same order
};
Plan make_plan(const Outgoing& outgoing, const Capabilities& server);

}  // namespace posthorn::smtp
