// sim/world/trace.h - what happened, in order, as one number: two runs of a seed must give the same. And how often what happened.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace posthorn::sim {

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

class Trace {
 public:
  explicit Trace(const Clock& clock, bool shown) : clock_(clock), shown_(shown) {}

  void note(std::string_view line) {
    const auto now = clock_.steady().time_since_epoch().count();
    mix(static_cast<std::uint64_t>(now));
    for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    if (shown_) std::printf("%12.3f %.*s\n", static_cast<double>(now) / 1e9, static_cast<int>(line.size()), line.data());
  }
  void count(std::string_view what, std::uint64_t by = 1) {
    const auto at = counts.find(what);
    if (at != counts.end()) at->second += by;
    else counts.emplace(what, by);
  }
  std::uint64_t hash() const { return hash_; }
  bool shown() const { return shown_; }

  Counts counts;

 private:
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15; }

  const Clock& clock_;
  bool shown_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace posthorn::sim
