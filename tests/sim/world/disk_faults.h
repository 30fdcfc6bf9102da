// sim/world/disk_faults.h - the store on a disk that fails: several writers at once, a power cut or an I/O error at some step of the log,
// then what the disk kept (dropped, torn, reordered), three lives long. After each: every acknowledged transaction is there exactly once,
// nothing half, UIDs never again, modseq never back, verify() content; and a disk that failed never says yes again.
#pragma once

#include <cstdint>

#include "world/simulation.h"

namespace posthorn::sim {

// One seed.
Outcome break_disk(std::uint64_t seed);
// One workload with the fault at every step that it has.
Outcome sweep_disk(std::uint64_t seed);

}  // namespace posthorn::sim
