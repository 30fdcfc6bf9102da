// app/confine/landlock.h - no file but those named: a Landlock ruleset (landlock(7)) over this thread and all it starts later.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace posthorn::app::confine {

struct Files {
  std::vector<std::string> write;  // folders: what is below may be read, made, changed and removed
  std::vector<std::string> read;   // files and folders; what does not exist is left out
};

// The version of Landlock in this kernel: 0 none, 2 on a stock Debian 12. What a version lacks is not forbidden by it: 3 adds
// truncate(2), 4 adds TCP ports, 5 device ioctls, 6 signals and abstract sockets.
int landlock_version();
// Unavailable if the kernel has no Landlock. Nothing may be executed anywhere; from version 4 on no TCP port may be bound but one that the
// kernel chooses; from 6 on no signal reaches a process outside.
Status close_files(const Files& files);

}  // namespace posthorn::app::confine
