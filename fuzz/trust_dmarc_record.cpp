// DMARC records: whatever stands in the DNS, reading and explaining it stays bounded, and a record's own text reads the same
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "trust/dmarc/dmarc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::trust::dmarc;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = parse_record(text);
  if (!record) return 0;
  if (!posthorn::equal_icase(text.substr(0, 1), "v") || !text.contains("DMARC1")) std::abort();
  if (record->text != text || record->errors.size() > 20 || record->rua.size() > 50 || record->ruf.size() > 50) std::abort();
  // A record counts if it has a policy, and its reports go to somebody if it has none of its own.
  if (record->usable != record->p.has_value()) std::abort();
  for (const auto& uri : record->rua)
    if (uri.empty() || uri.contains('!') || uri.contains(',') || !uri.contains(':')) std::abort();
  for (const auto& error : record->errors)
    if (error.find_first_of(std::string_view("\r\n\0", 3)) != error.npos) std::abort();
  for (const auto& note : explain(*record))
    if (note.meaning.empty()) std::abort();
  const auto again = parse_record(record->text);
  if (!again || again->p != record->p || again->sp != record->sp || again->np != record->np || again->errors != record->errors)
    std::abort();
  // One more tag that nobody knows changes nothing.
  const auto more = parse_record(record->text + ";zz=1");
  if (!more || (record->errors.size() < 20 && (more->p != record->p || more->rua != record->rua))) std::abort();
  return 0;
}
