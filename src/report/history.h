// report/history.h - what happened to mail in a domain's name, told by all who reported it and by what came to ourselves. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "report/aggregate.h"
#include "report/tally.h"

namespace posthorn::report {

// Messages that are alike, of one day and one reporter.
struct Event {
  Day day = 0;
  std::string reporter;  // its org_name; empty: this server's own count
  bool proven = true;    // the report's sender was (DMARC, or an administrator brought it)
  Row row;
};
using History = std::vector<Event>;

// Adds the rows of a report that are at or below `domain`.
void add_events(History& history, const Aggregate& report, bool proven, std::string_view domain);

// One address on one day.
struct Traffic {
  Day day = 0;
  std::string source_ip;
  std::uint64_t messages = 0, both = 0, dkim = 0, spf = 0, neither = 0;  // aligned by both, by one alone, by none
  std::uint64_t junked = 0, refused = 0;
  Row example;                                                          // the row with most messages, to name the source by
};
std::vector<Traffic> traffic_of(const History& history);  // by day, then messages

boost::json::array to_json(const History& history);
Result<History> history_from_json(const boost::json::value& value);

// Whether `name` is `top` or below it.
bool is_at_or_below(std::string_view name, std::string_view top);

}  // namespace posthorn::report
