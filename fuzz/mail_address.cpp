// Addresses: what the strict reader accepts comes back from its own text; the strict and the lenient reader agree on it,
// so that a letter's From is the same to DMARC and to people (attacks.md C1). Lists keep to their limit.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "mail/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::mail;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = parse_address_list(text, 50);
  if (list.size() > 51) std::abort();
  for (const auto& a : list)
    if (a.valid && a.kind == HeaderAddress::Kind::mailbox && (a.local.empty() && a.domain.empty())) std::abort();
  if (const auto address = parse_address(text)) {
    const auto again = parse_address(address->text());
    if (!again || *again != *address || address->text().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      std::abort();
    if (!posthorn::is_ascii(address->domain)) std::abort();
    const auto lenient = parse_address_list(text);
    if (lenient.size() != 1 || !lenient[0].valid || lenient[0].local != address->local) std::abort();
    const auto domain = parse_domain(lenient[0].domain);
    if (!domain || *domain != address->domain) std::abort();
  }
  if (const auto domain = parse_domain(text)) {
    if (parse_domain(*domain) != *domain) std::abort();
    domain_for_display(*domain);
  }
  return 0;
}
