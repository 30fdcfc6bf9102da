// app/transfer/csv.h - CSV files with a header line (RFC 4180): quoted fields, doubled quotes, CRLF or LF.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthorn::app {

struct CsvRow {
  std::uint64_t line = 0;
  std::map<std::string, std::string> fields;  // by the header's names, lower case
  std::string get(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

Result<std::vector<CsvRow>> parse_csv(std::string_view text, const std::string& file);
Result<std::vector<CsvRow>> read_csv(const std::string& file);  // "-": standard input

}  // namespace posthorn::app
