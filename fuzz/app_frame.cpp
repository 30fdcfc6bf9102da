// The control socket's frames: the same frames however the bytes are cut, each within its limits; what was read is written to what is
// read the same; an error is never taken for an answer.
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "app/control/frame.h"

namespace {

using namespace posthorn::app;

struct Seen {
  std::vector<std::string> frames;
  bool broken = false;
  bool operator==(const Seen&) const = default;
};

void require(bool condition) {
  if (!condition) std::abort();
}

void take_all(std::string& buffer, Seen& seen) {
  while (!seen.broken) {
    auto frame = take_frame(buffer);
    if (!frame) seen.broken = true;
    if (!frame || !*frame) return;
    require((*frame)->payload.size() <= frame_payload_limit);
    auto written = encode_frame((*frame)->head, (*frame)->payload);
    auto copy = written;
    const auto again = take_frame(copy);
    // Numbers are not compared: Boost.JSON reads Infinity where JSON cannot write it, and rounds what is longer than a double.
    if (!boost::json::serialize((*frame)->head).contains("Infinity"))
      require(again && *again && copy.empty() && (*again)->head.size() == (*frame)->head.size() && (*again)->payload == (*frame)->payload);
    static_cast<void>(error_of((*frame)->head));
    seen.frames.push_back(std::move(written));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 8192) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Seen whole, pieces;
  std::string buffer = bytes;
  take_all(buffer, whole);
  buffer.clear();
  const std::size_t step = data[0] % 32 + 1u;
  for (std::size_t at = 0; at < bytes.size() && !pieces.broken; at += step) {
    buffer += bytes.substr(at, step);
    take_all(buffer, pieces);
  }
  require(whole == pieces);
  return 0;
}
