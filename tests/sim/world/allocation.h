// sim/world/allocation.h - memory that runs out at the n-th allocation, in a process of its own with the real engine on a real folder: letters
// come in over SMTP and IMAP, one leaves, and at the n-th `new` the process ends as the shipped one does (base/out_of_memory.h). A second
// process opens the folder: every acknowledged letter is there once or on its way, and verify() is content.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace posthorn::sim {

struct AllocationCheck {
  bool met = false;                   // the process came to its n-th allocation
  std::uint64_t allocations = 0;      // of a whole run, when it was not met
  std::size_t acknowledged = 0;       // letters
  std::vector<std::string> problems;
};

// A data folder to start from.
std::string make_template(const std::string& folder);
// `folder` is made from the template and removed again. The calling process must have one thread, and no engine open.
AllocationCheck fail_allocation(std::uint64_t n, const std::string& from_template, const std::string& folder);

}  // namespace posthorn::sim
