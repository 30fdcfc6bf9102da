// posthorn_sim - runs simulations by seed and says what came of them as JSON, a line each chunk; tests/campaign/sim.py calls it.
//   posthorn_sim sim FIRST COUNT      seeds FIRST to FIRST+COUNT-1; every 50th runs twice and must leave the same trace
//   posthorn_sim replay SEED          one seed with everything that happens in it
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

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
    for (const auto& problem : outcome.problems) std::printf("{\"seed\": %llu, \"problem\": %s}\n", static_cast<unsigned long long>(seed), quoted(problem).c_str());
    std::fflush(stdout);
  }
  std::string out = "{\"counts\": {";
  for (const auto& [name, value] : counts) out += (out.back() == '{' ? "" : ", ") + quoted(name) + ": " + std::to_string(value);
  std::printf("%s}}\n", out.c_str());
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
  std::fprintf(stderr, "posthorn_sim sim FIRST COUNT | replay SEED\n");
  return 2;
}
