// app/confine/self_test.h - proof that the walls stand: each act is tried by a child that walled itself in as the server does.
// Called by `posthorn doctor --confinement`. Harmless where a wall is missing: the acts change nothing that matters.
#pragma once

#include <string>
#include <vector>

#include "app/config/config.h"
#include "app/confine/landlock.h"
#include "base/result.h"

namespace posthorn::app::confine {

struct Trial {
  std::string act;      // "run a program"
  bool must_fail = true;
  bool did_fail = false;
  std::string answer;   // what the kernel said
  bool good() const { return must_fail == did_fail; }
};
// Unavailable if the walls cannot be put up at all.
Result<std::vector<Trial>> try_confinement(const Config& config);

}  // namespace posthorn::app::confine
