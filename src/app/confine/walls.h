// app/confine/walls.h - the order in which a server is walled in (hardening.md 5.1): user, capabilities, no new privileges, files, kernel,
// memory. Called once, before the first thread: Landlock holds for this thread and those it starts.
#pragma once

#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/confine/landlock.h"
#include "app/confine/seccomp.h"
#include "base/result.h"

namespace posthorn::app::confine {

// What stands, for the log.
struct Walls {
  std::string user;
  int landlock = 0;                  // its version
  std::vector<std::string> missing;  // only with confine.required = false
};

// The files of `serve` with this configuration. Folders that hold certificates are opened whole, so that a renewed one is found.
Files files_of(const Config& config);
// User and data folder, then put_up(). Ports must be bound by now.
Result<Walls> wall_in(const Config& config);
// All but the user. `required` false: what the kernel lacks is named in `missing` instead of being an error.
Result<Walls> put_up(Files files, Part part, bool required);

}  // namespace posthorn::app::confine
