// posthorn check policy: what another DMARC or SPF record would have done to the mail that a domain's history tells of.
#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdio>

#include "app/command/backend_call.h"
#include "app/command/check.h"
#include "app/command/check_desk.h"
#include "app/command/report.h"
#include "base/text.h"
#include "mail/address.h"
#include "report/intake.h"
#include "report/sources.h"
#include "report/what_if.h"

namespace posthorn::app {
namespace {

namespace json = boost::json;
using namespace posthorn::report;

int bad_input(const Error& error, Format format) {
  report(error, format);
  return 2;
}

unsigned long long wide(std::uint64_t number) { return number; }

// From files, so that anybody can ask who has reports; or what the server knows.
Result<History> history_for(const Common& common, const CheckOptions& options, const std::string& domain) {
  if (options.reports.empty()) {
    TRY_ASSIGN(const auto answer, call_once(common, "report.history", {{"domain", domain}, {"days", options.days}, {"all", options.unproven}}));
    return history_from_json(answer.value);
  }
  History out;
  TRY_ASSIGN(const auto files, files_at(options.reports));
  for (const auto& file : files) {
    TRY_ASSIGN(const auto bytes, file_or_input(file, "a report"));
    const auto taken = take_from_file(file, bytes);
    for (const auto& refusal : taken.refused) std::fprintf(stderr, "left out: %s: %s\n", refusal.file.c_str(), refusal.why.c_str());
    for (const auto& one : taken.aggregates) add_events(out, one, true, domain);
  }
  return out;
}

// The address's name, for people: asked for last, so that it never decides.
Source named(CheckDesk& desk, const Row& row) {
  const auto name = dns::reverse_name(row.source_ip);
  const auto answer = desk.until_known([&]() -> std::optional<dns::Answer> {
    const auto* known = desk.answers().find(name, dns::Type::ptr);
    return known == nullptr ? std::nullopt : std::optional(*known);
  });
  const auto* ptr = answer.records.empty() ? nullptr : std::get_if<dns::Name>(&answer.records.front());
  return source_of(row, ptr == nullptr ? std::string() : ptr->name, {});
}

json::object source_json(const Source& source) { return {{"kind", std::string(name_of(source.kind))}, {"name", source.name}, {"why", source.why}}; }

json::object judge_policy(CheckDesk& desk, const std::string& domain, const CheckOptions& options, const History& history, bool people) {
  const auto effects = desk.until_known([&] { return what_if_policy(domain, options.record, history, desk.answers()); });
  json::array sources;
  if (people)
    std::printf("%s\n  %llu messages in the history: %llu pass, %llu would newly go to Junk or be refused%s\n", printable(options.record, 500).c_str(), wide(effects.messages),
                wide(effects.passing), wide(effects.lost), effects.unknown == 0 ? "" : (", " + std::to_string(effects.unknown) + " could not be checked").c_str());
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : effects.effects) {
    const auto source = named(desk, one.example);
    const auto then = std::string(trust::dmarc::name_of(one.then));
    rows.push_back({one.source_ip, source.name + " (" + std::string(name_of(source.kind)) + ")", one.header_from, std::to_string(one.messages), std::to_string(one.before), then, std::to_string(one.lost)});
    sources.push_back(json::object{{"source_ip", one.source_ip}, {"source", source_json(source)}, {"header_from", one.header_from}, {"messages", one.messages}, {"before", one.before},
                                   {"then", then}, {"lost", one.lost}, {"why", one.why}});
  }
  if (people && !rows.empty()) print_table({"ADDRESS", "WHO", "FROM", "UNPROVED", "LOST BEFORE", "THEN", "LOST THEN"}, rows);
  return {{"record", printable(options.record, 2000)}, {"messages", effects.messages}, {"passing", effects.passing}, {"lost", effects.lost}, {"could_not_check", effects.unknown},
          {"sources", std::move(sources)}};
}

json::object judge_spf(CheckDesk& desk, const std::string& domain, const CheckOptions& options, const History& history, bool people) {
  trust::Answers candidate = desk.answers();
  // Both stores ask through the desk; what one learns the other gets, but for the candidate itself.
  const auto effects = desk.until_known([&]() -> std::optional<std::vector<SpfEffect>> {
    for (const auto& [question, answer] : desk.answers().all()) candidate.put(question, answer);
    auto out = what_if_spf(domain, options.spf, history, desk.answers(), candidate);
    for (const auto& question : candidate.take_missing()) static_cast<void>(desk.answers().find(question.name, question.type));
    return out;
  });
  std::uint64_t lost = 0, needless = 0;
  json::array sources;
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : effects) {
    const bool loses = one.before == trust::spf::Result::pass && one.then != trust::spf::Result::pass;
    if (loses) {
      lost += one.messages - one.signed_too;
      needless += one.signed_too;
    }
    const auto source = named(desk, one.example);
    const auto before = std::string(trust::spf::name_of(one.before)), then = std::string(trust::spf::name_of(one.then));
    rows.push_back({one.source_ip, source.name + " (" + std::string(name_of(source.kind)) + ")", std::to_string(one.messages), std::to_string(one.signed_too), before, then});
    sources.push_back(json::object{{"source_ip", one.source_ip}, {"source", source_json(source)}, {"messages", one.messages}, {"signed_too", one.signed_too}, {"before", before}, {"then", then},
                                   {"loses", loses}, {"why", one.reason}});
  }
  if (people) {
    std::printf("%s\n  %zu addresses sent in the last %u days; %llu messages would lose their SPF pass and have no signature, %llu more are signed\n", printable(options.spf, 500).c_str(),
                effects.size(), options.days, wide(lost), wide(needless));
    print_table({"ADDRESS", "WHO", "MESSAGES", "SIGNED TOO", "NOW", "THEN"}, rows);
  }
  return {{"record", printable(options.spf, 2000)}, {"addresses", effects.size()}, {"lost", lost}, {"signed_too", needless}, {"sources", std::move(sources)}};
}

std::optional<Error> wrong_records(const CheckOptions& options) {
  if (options.record.empty() && options.spf.empty()) return Error{Errc::invalid, "which record is to be tried?", "Add --record \"v=DMARC1; p=reject\" or --spf \"v=spf1 mx -all\""};
  if (!options.record.empty()) {
    const auto record = trust::dmarc::parse_record(options.record);
    if (!record) return Error{Errc::invalid, "\"" + printable(options.record, 200) + "\" is no DMARC record", "It begins with v=DMARC1;"};
    if (!record->errors.empty()) return Error{Errc::invalid, "the DMARC record is wrong: " + record->errors.front(), "Correct it; see: posthorn check dmarc --help"};
  }
  const auto words = split(options.spf, ' ');
  if (!options.spf.empty() && (words.empty() || !equal_icase(words.front(), "v=spf1"))) return Error{Errc::invalid, "\"" + printable(options.spf, 200) + "\" is no SPF record", "It begins with v=spf1"};
  return std::nullopt;
}

}  // namespace

int check_policy(const Common& common, const CheckOptions& options) {
  const auto domain = mail::parse_domain(options.domain);
  if (!domain) return bad_input(domain.error(), common.format());
  if (auto wrong = wrong_records(options)) return bad_input(*wrong, common.format());
  auto desk = CheckDesk::open(options);
  if (!desk) return bad_input(desk.error(), common.format());
  const auto history = history_for(common, options, *domain);
  if (!history) return options.reports.empty() ? report(history.error(), common.format()) : bad_input(history.error(), common.format());
  json::object out{{"domain", *domain}, {"rows", history->size()}};
  if (!common.json && history->empty()) std::printf("nothing is known of the mail of %s: no reports, and none came here\n", domain->c_str());
  if (!options.record.empty()) out["dmarc"] = judge_policy(**desk, *domain, options, *history, !common.json);
  if (!options.spf.empty()) out["spf"] = judge_spf(**desk, *domain, options, *history, !common.json);
  if (common.json) print_json(out);
  return 0;
}

}  // namespace posthorn::app
