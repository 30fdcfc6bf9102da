// Rows of the index of words that an attacker or a disk made: readers end, refuse what is out of order, and hold no more than there is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/search/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn;
  using namespace posthorn::store::search;
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    const auto directory = decode_directory(bytes);
    if (!directory) return 0;
    if (directory->emails.size() > bytes.size()) std::abort();
    const auto again = decode_directory(encode(*directory));
    if (!again || again->emails != directory->emails || again->first_terms != directory->first_terms) std::abort();
    return 0;
  }
  SegmentReader reader(1, [&](std::size_t) -> Result<std::string> { return bytes; });
  std::string before;
  std::size_t entries = 0;
  for (;;) {
    const auto more = reader.next();
    if (!more || !*more) break;
    if (++entries > bytes.size() || (entries > 1 && reader.term() <= before)) std::abort();
    if (reader.emails().empty() || reader.emails().size() > bytes.size()) std::abort();
    for (std::size_t i = 1; i < reader.emails().size(); ++i)
      if (reader.emails()[i] <= reader.emails()[i - 1]) std::abort();
    before = reader.term();
  }
  return 0;
}
