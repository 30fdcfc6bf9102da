// report/compose.h - the mail that carries an aggregate report (RFC 9990 3.3, 3.4). Pure; signing it is the office's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "report/aggregate.h"

namespace posthorn::report {

struct Posting {
  std::string submitter;               // our domain
  std::string from;                    // address
  std::vector<std::string> to;
  WallTime now{};
};

// "mx.example!orchid.example!1795305600!1795391999!ID.xml.gz"
std::string file_name_of(const Aggregate& aggregate, std::string_view submitter);
// CRLF lines; text for people and the report as gzip. Errors: io.
Result<std::string> compose(const Aggregate& aggregate, const Posting& posting);

}  // namespace posthorn::report
