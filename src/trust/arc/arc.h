// trust/arc/arc.h - the Authenticated Received Chain (RFC 8617): validated, shown, and sealed where that is switched on. Pure.
// It changes no verdict unless the administrator trusts the sealer (attacks.md C13). At most 50 sets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/dkim/dkim.h"

namespace posthorn::trust::arc {

enum class Result : std::uint8_t { none, pass, fail };
std::string_view name_of(Result result);

struct Set {
  unsigned instance = 0;
  std::string sealer, selector;        // of the ARC-Seal
  std::string cv;
  dkim::Signature message_signature;   // verified only where the chain asks for it (newest; oldest-pass by walking back)
  std::string authentication_results;  // what the sealer says it saw, unfolded
};

struct Chain {
  Result result = Result::none;
  std::string reason;
  std::vector<Set> sets;               // by instance
  unsigned oldest_pass = 0;            // RFC 8617 5.2 step 5; 0: every message signature still verifies
};

std::optional<Chain> verify(const mail::Message& message, Answers& answers, WallTime now, const dkim::Limits& limits = {});

struct SealOptions {
  std::string domain, selector, authserv_id;
  WallTime now{};
  std::string authentication_results;  // ours for this message, without field name and authserv-id
  std::vector<std::string> signed_fields = {};  // of the ARC-Message-Signature; empty: the default list
  dkim::Folding folding = dkim::Folding::short_lines;
};
// The three fields, newest first, to put on top. `chain` is this message's validated chain. Errors: refused: the chain had failed
// and was sealed so already, or holds 50 sets.
::posthorn::Result<std::string> seal(const mail::Message& message, const Chain& chain, const crypto::SigningKey& key, const SealOptions& options);

}  // namespace posthorn::trust::arc
