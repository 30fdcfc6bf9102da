// Lines: the answer is the same however the input is cut, and never longer than the limit.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/line_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using posthorn::net::find_line;
  using State = posthorn::net::LineFound::State;
  if (size == 0) return 0;
  const std::size_t limit = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = find_line(bytes, limit);
  if (whole.state == State::whole && whole.length > limit) std::abort();
  std::size_t scanned = 0;
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    const auto part = find_line(bytes.substr(0, n), limit, scanned);
    if (part.state == State::more) {
      scanned = part.length;
      continue;
    }
    if (part.state != whole.state || part.length != whole.length) std::abort();
    return 0;
  }
  if (whole.state != State::more) std::abort();
  return 0;
}
