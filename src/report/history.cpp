#include "report/history.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "report/json.h"

namespace posthorn::report {

namespace json = boost::json;

bool is_at_or_below(std::string_view name, std::string_view top) {
  return name == top || (name.size() > top.size() && name.ends_with(top) && name[name.size() - top.size() - 1] == '.');
}

void add_events(History& history, const Aggregate& report, bool proven, std::string_view domain) {
  constexpr std::int64_t seconds_a_day = 86'400;
  for (const auto& row : report.rows)
    if (is_at_or_below(row.header_from.empty() ? report.published.domain : row.header_from, domain))
      history.push_back(Event{report.begin / seconds_a_day, report.org_name, proven, row});
}

std::vector<Traffic> traffic_of(const History& history) {
  std::map<std::pair<Day, std::string>, Traffic> all;
  for (const auto& event : history) {
    const auto& row = event.row;
    auto& one = all[{event.day, row.source_ip}];
    one.day = event.day;
    one.source_ip = row.source_ip;
    one.messages += row.count;
    (row.dkim_aligned ? (row.spf_aligned ? one.both : one.dkim) : (row.spf_aligned ? one.spf : one.neither)) += row.count;
    if (row.disposition == "quarantine") one.junked += row.count;
    if (row.disposition == "reject") one.refused += row.count;
    if (row.count >= one.example.count) one.example = row;
  }
  std::vector<Traffic> out;
  for (auto& [name, one] : all) out.push_back(std::move(one));
  std::ranges::sort(out, [](const Traffic& a, const Traffic& b) { return std::tie(a.day, b.messages, a.source_ip) < std::tie(b.day, a.messages, b.source_ip); });
  return out;
}

json::array to_json(const History& history) {
  json::array out;
  for (const auto& event : history)
    out.push_back(json::object{{"day", text_of(event.day)}, {"reporter", json::string(event.reporter)}, {"proven", event.proven}, {"row", to_json(event.row)}});
  return out;
}

Result<History> history_from_json(const json::value& value) {
  if (!value.is_array()) return fail(Errc::corrupt, "the history of a domain cannot be read");
  History out;
  for (const auto& one : value.get_array()) {
    const auto* object = one.if_object();
    if (object == nullptr || !object->contains("row") || !object->contains("day")) return fail(Errc::corrupt, "the history of a domain cannot be read");
    Event event;
    const auto* day = object->at("day").if_string();
    event.day = day == nullptr ? 0 : parse_day(std::string_view(day->data(), day->size())).value_or(0);
    if (const auto* reporter = object->if_contains("reporter"); reporter != nullptr && reporter->is_string()) event.reporter = std::string(reporter->get_string());
    if (const auto* proven = object->if_contains("proven"); proven != nullptr && proven->is_bool()) event.proven = proven->get_bool();
    TRY_ASSIGN(event.row, row_from_json(object->at("row")));
    out.push_back(std::move(event));
  }
  return out;
}

}  // namespace posthorn::report
