#include "app/transfer/csv.h"

#include <fstream>
#include <iostream>
#include <sstream>

#include "base/cursor.h"
#include "base/text.h"

namespace posthorn::app {
namespace {

struct Record {
  std::uint64_t line = 0;
  std::vector<std::string> cells;
};

// One field; `line` counts the line ends inside quotes.
Result<std::string> take_field(Cursor& in, std::uint64_t& line, const std::string& file) {
  if (!in.take('"')) return std::string(trim(in.take_while([](char c) { return c != ',' && c != '\n' && c != '\r'; })));
  std::string out;
  const auto start = line;
  for (;;) {
    const auto c = in.next();
    if (!c) return fail(Errc::invalid, file + ":" + std::to_string(start) + ": a quote is not closed");
    if (*c == '"' && !in.take('"')) return out;
    if (*c == '\n') ++line;
    out += *c;
  }
}

Result<std::vector<Record>> records_of(std::string_view text, const std::string& file) {
  std::vector<Record> out;
  Cursor in(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
  std::uint64_t line = 1;
  while (!in.done()) {
    Record record;
    record.line = line;
    do {
      TRY_ASSIGN(auto cell, take_field(in, line, file));
      record.cells.push_back(std::move(cell));
    } while (in.take(','));
    in.take('\r');
    if (!in.done() && !in.take('\n')) return fail(Errc::invalid, file + ":" + std::to_string(line) + ": there is text after a closing quote");
    ++line;
    if (record.cells.size() > 1 || !record.cells[0].empty()) out.push_back(std::move(record));
  }
  return out;
}

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text, const std::string& file) {
  TRY_ASSIGN(auto records, records_of(text, file));
  if (records.empty()) return fail(Errc::invalid, file + " is empty", "The first line names the columns: address,password,display_name,quota");
  std::vector<std::string> names;
  for (const auto& cell : records[0].cells) names.push_back(to_lower(cell));
  std::vector<CsvRow> out;
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i].cells.size() > names.size())
      return fail(Errc::invalid, file + ":" + std::to_string(records[i].line) + ": there are more fields than the first line names");
    CsvRow row;
    row.line = records[i].line;
    for (std::size_t k = 0; k < records[i].cells.size(); ++k) row.fields[names[k]] = records[i].cells[k];
    out.push_back(std::move(row));
  }
  return out;
}

Result<std::vector<CsvRow>> read_csv(const std::string& file) {
  std::stringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Errc::not_found, "cannot read " + file);
    text << in.rdbuf();
  }
  return parse_csv(text.str(), file);
}

}  // namespace posthorn::app
