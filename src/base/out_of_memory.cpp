#include "base/out_of_memory.h"

#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string_view>

namespace posthorn {
namespace {

void say_and_abort() {
  // No log: that needs memory.
  constexpr std::string_view text =
      "posthorn: out of memory; ending at once, nothing that was acknowledged is lost. Give this server more memory, or lower [limits] and cache\n";
  const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
  std::abort();
}

}  // namespace

void end_when_out_of_memory() { std::set_new_handler(say_and_abort); }

}  // namespace posthorn
