// app/transfer/source.h - where imported mail comes from: an mbox file, a Maildir (with its Maildir++ folders), .eml files, found out by
// looking. Reads one message at a time, so the size of an archive does not matter.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/transfer/mbox.h"
#include "base/result.h"

namespace posthorn::app {

struct SourceItem {
  SourceMessage message;
  std::string mailbox;   // below the target; empty: the target itself
  std::uint64_t position = 0, total = 0;  // bytes or files read so far, of all
};

// Calls `take` for each message until it fails. Errors name the file.
Status read_source(const std::string& path, const std::function<Status(SourceItem)>& take);

}  // namespace posthorn::app
