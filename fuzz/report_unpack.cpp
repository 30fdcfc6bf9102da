// gzip and zip: the output keeps to its limit, what we pack comes back, and packed bytes are never taken for plain ones.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "report/unpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::report;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Limits small;
  small.unpacked = 64u << 10;
  const auto out = unpack(bytes, small);
  if (out && out->size() > small.unpacked) std::abort();
  if (out && packing_of(bytes) == Packing::none && *out != bytes) std::abort();
  if (size > small.unpacked) return 0;
  const auto packed = gzip(bytes);
  if (!packed || packing_of(*packed) != Packing::gzip) std::abort();
  const auto back = unpack(*packed, small);
  if (!back || *back != bytes) std::abort();
  return 0;
}
