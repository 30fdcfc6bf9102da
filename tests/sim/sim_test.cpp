// Some hundred seeds of the simulation (docs/reliability.md; all of them: ./test --long sim).
#include <gtest/gtest.h>

#include "world/simulation.h"

namespace posthorn::sim {
namespace {

TEST(Simulation, KeepsEveryPromiseOverManySeeds) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const auto outcome = simulate(seed);
    for (const auto& problem : outcome.problems) ADD_FAILURE() << "seed " << seed << ": " << problem << "\nreplay: posthorn_sim replay " << seed;
    for (const auto& [name, value] : outcome.counts) counts[name] += value;
  }
  // That it is a simulation at all: letters went, came back, doubled where they may, and everything broke that can.
  for (const auto* name : {"fate.delivered", "fate.returned", "fate.lost_final_replies", "cut.in_a_commit", "cut.anywhere", "disk.broken", "clock.jumps", "dns.servfail",
                           "dns.lie", "wire.reset", "wire.silence", "wire.half_close", "wire.final_reply_lost", "host.4xx", "host.5xx", "host.tarpit", "host.garbage",
                           "host.mixed_recipients", "imap.appends", "vandals"})
    EXPECT_GT(counts[name], 0u) << name;
}

TEST(Simulation, DoesTheSameAgain) {
  for (const std::uint64_t seed : {3, 14, 15, 92}) {
    const auto first = simulate(seed), second = simulate(seed);
    EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
    EXPECT_EQ(first.counts, second.counts) << "seed " << seed;
  }
}

}  // namespace
}  // namespace posthorn::sim
