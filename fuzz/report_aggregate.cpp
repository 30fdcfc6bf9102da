// Any bytes as the XML of a report: never a crash; what is read is written so that it reads back the same.
#include <cstdlib>

#include "report/aggregate.h"
#include "report/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthorn::report;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  const auto report = read_aggregate(xml);
  if (!report) return 0;
  const auto kept = aggregate_from_json(to_json(*report));
  if (!kept || kept->rows != report->rows) std::abort();
  const auto once = read_aggregate(write_aggregate(*report));
  if (!once) return 0;  // a text of white space alone may be lost, and with it what makes a report usable
  const auto twice = read_aggregate(write_aggregate(*once));
  if (!twice || twice->rows != once->rows || twice->messages() != once->messages()) std::abort();
  return 0;
}
