// trust/arc/read.h - the ARC sets of a message as they stand: which fields, in what order, formally good or not (RFC 8617 4 and
// 5.2 steps 1 to 3). Internal to src/trust/arc. Pure. Security: fields of strangers; at most 50 of each kind are read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "trust/arc/arc.h"
#include "trust/dkim/check.h"

namespace posthorn::trust::arc {

constexpr unsigned most_sets = 50;

struct ReadSet {
  // Indexes into the message's fields.
  std::optional<std::size_t> results, signature, seal;
  dkim::SignatureField message_signature, seal_signature;
  std::string cv;            // lower case
  std::string results_text;  // behind "i=N;", unfolded
};

struct ReadChain {
  std::map<unsigned, ReadSet> sets;  // by instance
  std::string wrong;                 // why the chain is broken as it stands; empty: it is well-formed
};

ReadChain read_chain(const dkim::SignedMessage& message, WallTime now, const dkim::Limits& limits);

}  // namespace posthorn::trust::arc
