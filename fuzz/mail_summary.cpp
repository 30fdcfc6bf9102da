// Stored summaries: no bytes crash the reader, and what it accepts encodes to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/summary.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::mail;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto summary = decode_summary(bytes))
    if (encode(*summary) != bytes) std::abort();
  return 0;
}
