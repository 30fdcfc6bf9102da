// sim/world/dice.h - where all chance of a simulation comes from: numbers that follow from a seed and a purpose, the same on every
// machine. One for each purpose, so that a new question to one does not change the answers of the others.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace posthorn::sim {

class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view purpose) : state_(seed * 0x9e3779b97f4a7c15) {
    for (const char c : purpose) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  // SplitMix64.
  std::uint64_t number() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(number() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  bool percent(std::size_t chance) { return below(100) < chance; }
  Duration upto(Duration most) { return std::chrono::milliseconds(below(static_cast<std::size_t>(most / std::chrono::milliseconds(1)) + 1)); }
  Duration between(Duration least, Duration most) { return least + upto(most - least); }
  template <class T>
  const T& of(const std::vector<T>& all) { return all[below(all.size())]; }

 private:
  std::uint64_t state_;
};

}  // namespace posthorn::sim
