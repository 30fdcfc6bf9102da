#include "app/memory_gauge.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/cursor.h"

namespace posthorn::app {

MemoryGauge::MemoryGauge() : descriptor_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

MemoryGauge::~MemoryGauge() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// proc(5): size, resident, ... in pages.
std::uint64_t MemoryGauge::resident() const {
  std::array<char, 128> text{};
  const auto got = descriptor_ < 0 ? -1 : ::pread(descriptor_, text.data(), text.size(), 0);
  if (got <= 0) return 0;
  Cursor in(std::string_view(text.data(), static_cast<std::size_t>(got)));
  const auto size = in.take_number(1'000'000'000'000);
  if (!size || !in.take(' ')) return 0;
  const auto pages = in.take_number(1'000'000'000'000);
  return pages ? *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace posthorn::app
