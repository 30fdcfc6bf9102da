// Dates: what is read comes back from its own writing, the same moment in the same zone; white space and comments around it change
// nothing; no date is outside of what can be written.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::mail;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto date = parse_date(text);
  if (!date) return 0;
  const auto written = format_date(*date);
  if (written.size() > 40 || parse_date(written) != *date || format_date(*parse_date(written)) != written) std::abort();
  if (parse_date(" \t" + text) != *date || parse_date("(now)" + text) != *date) std::abort();
  if (date->zone_minutes < -100 * 60 || date->zone_minutes > 100 * 60) std::abort();
  return 0;
}
