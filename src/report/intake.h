// report/intake.h - finds the reports in what came by mail or as a file: aggregate reports packed or plain, failure reports. One that
// is bad does not stop the others. Pure. Security: attacks.md C12.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "report/aggregate.h"
#include "report/failure.h"

namespace posthorn::report {

struct Refusal {
  std::string file;  // its name or place, for people
  std::string why;
};

struct Taken {
  std::vector<Aggregate> aggregates;
  std::vector<Failure> failures;
  std::vector<Refusal> refused;
  bool empty() const { return aggregates.empty() && failures.empty() && refused.empty(); }
};

Taken take_from_message(const mail::Message& message, const Limits& limits = {});
// .xml, .xml.gz, .zip, or a message (.eml): told apart by its first bytes.
Taken take_from_file(std::string_view name, std::string_view bytes, const Limits& limits = {});

}  // namespace posthorn::report
