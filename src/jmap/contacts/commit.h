// jmap/contacts/commit.h - writes contacts only if the account is still as it was when the writes were made up: uids stay unique and cards in
// books that are there, also when two clients write at once. Inside jmap only.
#pragma once

#include <vector>

#include "jmap/core/method.h"

namespace posthorn::jmap {

struct Commit {
  bool stale = false;  // nothing was written: somebody else was first, look again
  std::vector<ObjectId> ids;
  ModSeq modseq{};
};
Task<Result<Commit>> commit_if_unchanged(const Call& call, ModSeq seen, const std::vector<store::ObjectWrite>& writes);

// How often a batch is made anew before the client is told to try again, and how large one may become (the engine's budget is 2 MiB).
inline constexpr int most_tries = 20;
inline constexpr std::size_t batch_bytes = 512u << 10;

}  // namespace posthorn::jmap
