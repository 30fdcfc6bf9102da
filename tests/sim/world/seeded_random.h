// sim/world/seeded_random.h - the random numbers of src/crypto become those of a seed, through libsodium's own door for that
// (randombytes_set_implementation). For this program only: nothing that is shipped links it.
#pragma once

#include <cstdint>

namespace posthorn::sim {

// Before anything else asks for randomness; from then on all of it follows from the last seed.
void seed_random(std::uint64_t seed);

}  // namespace posthorn::sim
