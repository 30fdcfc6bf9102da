// Rdata from the wire: the first octet picks the type. What parses must be printable as names and within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dns/rdata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::dns;
  static constexpr Type types[] = {Type::a,  Type::ns,  Type::cname, Type::soa, Type::ptr,
                                   Type::mx, Type::txt, Type::aaaa,  Type::tlsa};
  if (size == 0) return 0;
  const std::string_view rdata(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto record = parse_rdata(types[data[0] % std::size(types)], rdata);
  if (!record) return 0;
  if (const auto* name = std::get_if<Name>(&*record))
    for (const char c : name->name)
      if (c < 0x21 || c > 0x7e) std::abort();
  if (const auto* txt = std::get_if<Txt>(&*record))
    if (txt->text.size() > size) std::abort();
  return 0;
}
