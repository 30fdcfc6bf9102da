// sim/world/simulation.h - one seed: two Posthorns, people, strangers and bad hosts for some days of virtual time in which everything
// breaks, then days in which nothing does; and the audit. Single-threaded: what a seed does is the same every time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world/trace.h"

namespace posthorn::sim {

struct Outcome {
  std::uint64_t seed = 0;
  std::uint64_t trace = 0;             // the same in every run of the seed
  std::vector<std::string> problems;   // empty: every promise was kept
  Counts counts;
};

enum class Show : std::uint8_t { nothing, trace };
Outcome simulate(std::uint64_t seed, Show show = Show::nothing);

}  // namespace posthorn::sim
