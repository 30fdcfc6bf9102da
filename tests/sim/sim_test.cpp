// The short forms of three campaigns (docs/reliability.md; all of them: ./test --long sim, engine, alloc).
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "world/allocation.h"
#include "world/disk_faults.h"
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

TEST(DiskFaults, LoseNothingThatWasAcknowledged) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const auto outcome = break_disk(seed);
    for (const auto& problem : outcome.problems) ADD_FAILURE() << "seed " << seed << ": " << problem << "\nagain: posthorn_sim disk " << seed << " 1";
    for (const auto& [name, value] : outcome.counts) counts[name] += value;
  }
  for (const auto* name : {"disk.acknowledged", "disk.refused", "disk.faults_met", "disk.unanswered_kept", "disk.unanswered_lost"}) EXPECT_GT(counts[name], 100u) << name;
}

TEST(DiskFaults, AtEveryStepOfAWorkload) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto outcome = sweep_disk(seed);
    for (const auto& problem : outcome.problems) ADD_FAILURE() << "seed " << seed << ": " << problem;
    EXPECT_GT(outcome.counts["disk.steps_swept"], 10u);
  }
}

// One in so many of the allocations of a run fails.
TEST(OutOfMemory, LosesNothingThatWasAcknowledged) {
  const auto folder = (std::filesystem::temp_directory_path() / ("posthorn-alloc-" + std::to_string(getpid()))).string();
  ASSERT_EQ(make_template(folder + "/template"), "");
  const auto whole = fail_allocation(UINT64_MAX, folder + "/template", folder + "/whole");
  for (const auto& problem : whole.problems) ADD_FAILURE() << problem;
  EXPECT_FALSE(whole.met);
  EXPECT_EQ(whole.acknowledged, 4u);
  ASSERT_GT(whole.allocations, 1000u);
  std::size_t met = 0;
  constexpr std::uint64_t tries = 40;
  for (std::uint64_t i = 0; i < tries; ++i) {
    const auto n = 1 + i * (whole.allocations / tries) + i;
    const auto check = fail_allocation(n, folder + "/template", folder + "/n");
    for (const auto& problem : check.problems) ADD_FAILURE() << "allocation " << n << ": " << problem;
    met += check.met ? 1 : 0;
  }
  EXPECT_GE(met, tries - 2) << "the count of a run is not quite the same each time, but nearly";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace posthorn::sim
