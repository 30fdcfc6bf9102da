// posthorn_sim - runs simulations by seed and says what came of them as JSON, a line each chunk; tests/campaign/sim.py calls it.
//   posthorn_sim sim FIRST COUNT      seeds FIRST to FIRST+COUNT-1; every 50th runs twice and must leave the same trace
//   posthorn_sim replay SEED          one seed with everything that happens in it
//   posthorn_sim disk FIRST COUNT     the store on disks that fail, by seed
//   posthorn_sim sweep FIRST COUNT    the same with the fault at every step of a workload
//   posthorn_sim alloc FIRST STEP COUNT FOLDER   memory gone at allocation FIRST, FIRST+STEP, ...; FOLDER/template is made if absent
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "world/allocation.h"
#include "world/disk_faults.h"
#include "world/simulation.h"

namespace {

using namespace posthorn;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

void tell(const sim::Outcome& outcome) {
  for (const auto& problem : outcome.problems) std::printf("{\"seed\": %llu, \"problem\": %s}\n", static_cast<unsigned long long>(outcome.seed), quoted(problem).c_str());
  std::fflush(stdout);
}
void tell(const sim::Counts& counts) {
  std::string out = "{\"counts\": {";
  for (const auto& [name, value] : counts) out += (out.back() == '{' ? "" : ", ") + quoted(name) + ": " + std::to_string(value);
  std::printf("%s}}\n", out.c_str());
}

int each(std::uint64_t first, std::uint64_t count, sim::Outcome (*run)(std::uint64_t)) {
  sim::Counts counts;
  int failed = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto outcome = run(seed);
    for (const auto& [name, value] : outcome.counts) counts[name] += value;
    ++counts["seeds"];
    failed += outcome.problems.empty() ? 0 : 1;
    tell(outcome);
  }
  tell(counts);
  return failed == 0 ? 0 : 1;
}

int allocations(std::uint64_t first, std::uint64_t step, std::uint64_t count, const std::string& folder) {
  const auto from = folder + "/template";
  if (!std::filesystem::exists(from)) {
    if (const auto wrong = sim::make_template(from); !wrong.empty()) {
      std::fprintf(stderr, "%s\n", wrong.c_str());
      return 2;
    }
  }
  sim::Counts counts;
  int failed = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    sim::Outcome outcome;
    outcome.seed = first + i * step;
    auto check = sim::fail_allocation(outcome.seed, from, folder + "/n" + std::to_string(outcome.seed));
    ++counts[check.met ? "seeds" : "beyond_the_end"];
    counts["alloc.acknowledged_before"] += check.acknowledged;
    counts["alloc.of_a_whole_run"] = std::max(counts["alloc.of_a_whole_run"], check.allocations);
    failed += check.problems.empty() ? 0 : 1;
    outcome.problems = std::move(check.problems);
    tell(outcome);
  }
  tell(counts);
  return failed == 0 ? 0 : 1;
}

int simulate(std::uint64_t first, std::uint64_t count) {
  sim::Counts counts;
  int failed = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    auto outcome = sim::simulate(seed);
    for (const auto& [name, value] : outcome.counts) counts[name] += value;
    if (seed % 50 == 0) {
      ++counts["seeds_run_twice"];
      if (sim::simulate(seed).trace != outcome.trace) outcome.problems.emplace_back("two runs of the seed differ");
    }
    ++counts["seeds"];
    if (outcome.problems.empty()) continue;
    ++failed;
    tell(outcome);
  }
  tell(counts);
  return failed == 0 ? 0 : 1;
}

int replay(std::uint64_t seed) {
  const auto outcome = sim::simulate(seed, sim::Show::trace);
  for (const auto& [name, value] : outcome.counts) std::printf("%-40s %llu\n", name.c_str(), static_cast<unsigned long long>(value));
  for (const auto& problem : outcome.problems) std::printf("PROBLEM: %s\n", problem.c_str());
  std::printf("seed %llu trace %016llx, %zu problems\n", static_cast<unsigned long long>(seed), static_cast<unsigned long long>(outcome.trace), outcome.problems.size());
  return outcome.problems.empty() ? 0 : 1;
}

std::uint64_t number_of(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int count, char** words) {
  if (count == 4 && std::strcmp(words[1], "sim") == 0) return simulate(number_of(words[2]), number_of(words[3]));
  if (count == 3 && std::strcmp(words[1], "replay") == 0) return replay(number_of(words[2]));
  if (count == 4 && std::strcmp(words[1], "disk") == 0) return each(number_of(words[2]), number_of(words[3]), sim::break_disk);
  if (count == 4 && std::strcmp(words[1], "sweep") == 0) return each(number_of(words[2]), number_of(words[3]), sim::sweep_disk);
  if (count == 6 && std::strcmp(words[1], "alloc") == 0) return allocations(number_of(words[2]), number_of(words[3]), number_of(words[4]), words[5]);
  std::fprintf(stderr, "posthorn_sim sim FIRST COUNT | replay SEED | disk FIRST COUNT | sweep FIRST COUNT | alloc FIRST STEP COUNT FOLDER\n");
  return 2;
}
