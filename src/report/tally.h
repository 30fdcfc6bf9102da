// report/tally.h - what we saw of a domain, counted for the report that it gets from us (RFC 9990 3.1). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/aggregate.h"
#include "trust/judgement.h"

namespace posthorn::report {

// One judged message as the domain's report tells of it.
struct Seen {
  Published published;
  std::vector<std::string> errors;  // of the record
  std::vector<std::string> rua;     // where it asks for reports
  Row row;                          // count 1
};
// Nothing: no record applies, or the message names authors of several domains, which no record of a report can tell (RFC 9989 5.3.1).
std::optional<Seen> seen_of(const trust::Judgement& judgement, const trust::Facts& facts);

// A UTC day as days since 1970.
using Day = std::int64_t;
Day day_of(WallTime time);
std::string text_of(Day day);                        // "2026-11-23"
std::optional<Day> parse_day(std::string_view text);

// What is alike is counted together. The text is the Seen as JSON without its count: the row's identity, also in the store.
struct TallyKey {
  Day day = 0;
  std::string domain, text;
  auto operator<=>(const TallyKey&) const = default;
};
class Tally {
 public:
  void add(Day day, const Seen& seen);
  std::size_t size() const { return counts_.size(); }
  std::map<TallyKey, std::uint64_t> take() { return std::exchange(counts_, {}); }

 private:
  std::map<TallyKey, std::uint64_t> counts_;
};
Result<Seen> seen_from_text(std::string_view text);
// What is counted instead when a domain's day has too many rows that differ: who sent is left out, and the row says so.
std::string folded(std::string_view text);

// What of an own report is not counted but said.
struct Reporter {
  std::string org_name, email, contact, generator, report_id;
};
// The report of one domain and day from its tally rows, each with its count. The policy is the one most messages were judged by.
Aggregate aggregate_of(std::string_view domain, Day day, const std::vector<std::pair<Seen, std::uint64_t>>& rows, const Reporter& reporter);

}  // namespace posthorn::report
