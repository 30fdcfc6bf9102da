// Any bytes as a file that may hold reports (XML, gzip, zip, a message): never a crash, never more than the limits allow.
#include <cstdlib>

#include "report/intake.h"
#include "report/unpack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::report;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Limits small;
  small.unpacked = 256u << 10;
  const auto taken = take_from_file("fuzz", bytes, small);
  if (taken.aggregates.size() + taken.refused.size() > small.attachments + 2) std::abort();
  const auto out = unpack(bytes, small);
  if (out && out->size() > small.unpacked) std::abort();
  return 0;
}
