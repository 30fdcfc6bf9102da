#include "world/seeded_random.h"

#include <sodium.h>

#include "world/dice.h"

namespace posthorn::sim {
namespace {

Dice& source() {
  static Dice dice(0, "crypto");
  return dice;
}

const char* name() { return "seeded"; }
std::uint32_t number() { return static_cast<std::uint32_t>(source().number()); }
void fill(void* const to, const std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(to);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i, value >>= 8) {
    if (i % 8 == 0) value = source().number();
    bytes[i] = static_cast<unsigned char>(value & 0xff);
  }
}

}  // namespace

void seed_random(std::uint64_t seed) {
  static randombytes_implementation seeded{name, number, nullptr, nullptr, fill, nullptr};
  static const bool set = randombytes_set_implementation(&seeded) == 0 && sodium_init() >= 0;
  static_cast<void>(set);
  source() = Dice(seed, "crypto");
}

}  // namespace posthorn::sim
