// Zone files: no input crashes the parser or makes the lookup run on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dns/zone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::dns;
  const auto zone = parse_zone(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!zone) {
    if (zone.error().what.empty()) std::abort();
    return 0;
  }
  for (const char* name : {"t", "a.t", "b.t", "a.b.t", "_25._tcp.mx.t"})
    for (const Type type : {Type::a, Type::cname, Type::mx, Type::txt})
      if (zone->answer(name, type).canonical_name.size() > 253) std::abort();
  return 0;
}
