// posthorn check domain: what a domain publishes about its mail, and what to do better. Each finding is good, bad, or could not be
// checked; with what was found, what it means, and the record to publish.
#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"
#include "app/command/check.h"
#include "app/command/check_desk.h"
#include "base/text.h"
#include "mail/address.h"
#include "report/history.h"
#include "trust/json.h"
#include "trust/survey/survey.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
using namespace trust;
using survey::Finding;

json::value detail_of(const Finding& one) {
  if (one.spf) return to_json(*one.spf);
  if (one.tags.empty()) return nullptr;
  json::array tags;
  for (const auto& note : one.tags) tags.push_back(json::object{{"tag", note.tag}, {"value", printable(note.value, 500)}, {"meaning", note.meaning}, {"good", note.good}});
  return tags;
}

// Selectors that the domain signed with, as reports and our own counts tell; nothing where there is no server to ask.
void add_seen_selectors(const Common& common, const std::string& domain, std::vector<std::string>& selectors) {
  auto answer = call_once(common, "report.history", {{"domain", domain}, {"days", 90}});
  const auto history = answer ? posthorn::report::history_from_json(answer->value) : fail(answer.error());
  if (!history) return;
  for (const auto& event : *history)
    for (const auto& one : event.row.dkim)
      if (one.domain == domain && one.result == "pass" && !one.selector.empty() && selectors.size() < 20 && std::ranges::find(selectors, one.selector) == selectors.end())
        selectors.push_back(one.selector);
}

void print_finding(const Finding& one) {
  std::printf("%-10s %s\n           %s\n           %s\n", one.subject.c_str(), std::string(name_of(one.grade)).c_str(), one.found.c_str(), one.meaning.c_str());
  if (one.spf)
    for (const auto& step : one.spf->steps)
      std::printf("             %*s%s: %s\n", static_cast<int>(2 * step.depth), "", printable(step.term.empty() ? step.domain + "  " + step.record : step.term, 300).c_str(),
                  step.outcome.c_str());
  for (const auto& note : one.tags) std::printf("           %s %s=%s  %s\n", note.good ? " " : "!", note.tag.c_str(), printable(note.value, 200).c_str(), note.meaning.c_str());
  if (!one.todo.empty()) std::printf("           %s\n", one.todo.c_str());
  if (!one.record.empty()) std::printf("             %s\n", one.record.c_str());
}

}  // namespace

int check_domain(const Common& common, const CheckOptions& options) {
  auto domain = mail::parse_domain(options.domain);
  auto opened = CheckDesk::open(options);
  if (!domain || !opened) {
    report(domain ? opened.error() : domain.error(), common.format());
    return 2;
  }
  auto& desk = **opened;
  survey::Options what;
  what.selectors = options.selectors;
  if (options.zone_file.empty()) add_seen_selectors(common, *domain, what.selectors);
  what.dnssec = options.zone_file.empty() && options.resolver.empty() ? survey::Dnssec::validated : survey::Dnssec::not_looked_at;
  const auto findings = desk.until_known([&] { return survey::survey(*domain, what, desk.answers()); });
  if (!common.json) {
    for (const auto& one : findings) print_finding(one);
    return 0;
  }
  json::array all;
  for (const auto& one : findings)
    all.push_back(json::object{{"subject", one.subject}, {"result", name_of(one.grade)}, {"found", one.found}, {"meaning", one.meaning}, {"todo", one.todo}, {"record", one.record}, {"detail", detail_of(one)}});
  print_json(json::object{{"domain", *domain}, {"findings", std::move(all)}, {"evidence", json::object{{"dns", to_json(desk.answers())}}}});
  return 0;
}

}  // namespace posthorn::app
