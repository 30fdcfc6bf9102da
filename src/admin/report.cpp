// Operations on DMARC reports: those that came, those that we count and send, and a domain's history out of both.
// What may be long travels as JSON in the payload.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "admin/operations.h"
#include "mail/address.h"
#include "report/history.h"
#include "report/intake.h"
#include "report/json.h"
#include "report/sources.h"
#include "trust/ask.h"

namespace posthorn::admin {
namespace {

namespace json = boost::json;

constexpr std::uint64_t default_days = 30, most_days = 400;
constexpr std::size_t most_names = 500;
constexpr std::chrono::seconds name_time{10};

Result<std::string> domain_or_all(const json::object& arguments) {
  const auto text = text_argument_or(arguments, "domain", "");
  if (text.empty()) return text;
  return mail::parse_domain(text);
}

std::string when_of(std::int64_t seconds) { return rfc3339(WallTime(std::chrono::seconds(seconds))); }

json::object shown(const report::Received& one) {
  return {{"id", one.id},          {"kind", std::string(name_of(one.kind))}, {"org_name", one.org_name}, {"domain", one.domain}, {"begin", when_of(one.begin)},
          {"end", when_of(one.end)}, {"messages", one.messages}, {"passed", one.passed}, {"from", one.origin.from}, {"proven", one.origin.proven}, {"came", rfc3339(one.when)}};
}

// payload: a file as it came; "name": what it is called.
Task<Result<Response>> import_file(Context& context, Request request) {
  const auto name = text_argument_or(request.arguments, "name", "the file");
  auto taken = report::take_from_file(name, request.payload);
  json::array refused, ids;
  for (const auto& one : taken.refused) refused.push_back(json::object{{"file", one.file}, {"why", one.why}});
  const auto count = taken.aggregates.size() + taken.failures.size();
  report::Shelf shelf(context.store);
  report::Origin origin{name, true};
  auto fresh = co_await shelf.keep_all(std::move(taken), std::move(origin));
  if (!fresh) co_return fail(fresh.error());
  co_return Response{json::object{{"reports", count}, {"new", *fresh}, {"refused", std::move(refused)}}, {}};
}

Task<Result<Response>> list(Context& context, Request request) {
  auto domain = domain_or_all(request.arguments);
  if (!domain) co_return fail(domain.error());
  const report::Shelf shelf(context.store);
  auto all = shelf.received();
  if (!all) co_return fail(all.error());
  json::array out;
  for (const auto& one : *all)
    if (domain->empty() || report::is_at_or_below(one.domain, *domain)) out.push_back(shown(one));
  co_return in_payload(out);
}

// What we count for others, and what became of it.
Task<Result<Response>> counted(Context& context, Request) {
  if (context.reports != nullptr) {
    auto flushed = co_await context.reports->flush();
    if (!flushed) co_return fail(flushed.error());
  }
  const report::Shelf shelf(context.store);
  const auto days = shelf.counted();
  const auto sent = shelf.sent();
  if (!days) co_return fail(days.error());
  if (!sent) co_return fail(sent.error());
  json::array out;
  for (const auto& one : *days) {
    json::object row{{"day", report::text_of(one.day)}, {"domain", one.domain}, {"messages", one.messages}, {"outcome", "waits for the end of the day"}};
    for (const auto& note : *sent)
      if (note.day == one.day && note.domain == one.domain) {
        json::array to;
        for (const auto& address : note.to) to.push_back(json::string(address));
        row["outcome"] = note.outcome;
        row["sent"] = rfc3339(note.when);
        row["report_id"] = note.report_id;
        row["to"] = std::move(to);
      }
    out.push_back(std::move(row));
  }
  co_return in_payload(out);
}

// All that is known of a domain's mail in the last days. A day that we reported to ourselves is not told twice.
Result<report::History> history_of(const report::Shelf& shelf, const std::string& domain, report::Day since, bool unproven) {
  report::History out;
  std::vector<std::string> ids;
  TRY_ASSIGN(const auto received, shelf.received());
  for (const auto& one : received) {
    if (one.kind != report::Kind::aggregate || one.begin / 86'400 < since || (!one.origin.proven && !unproven)) continue;
    if (!report::is_at_or_below(one.domain, domain) && !report::is_at_or_below(domain, one.domain)) continue;
    TRY_ASSIGN(const auto report, shelf.aggregate(one.id));
    ids.push_back(report.report_id);
    add_events(out, report, one.origin.proven, domain);
  }
  TRY_ASSIGN(const auto days, shelf.counted());
  for (const auto& day : days) {
    if (day.day < since) continue;
    TRY_ASSIGN(const auto sent, shelf.sent(day.domain, day.day));
    if (sent && std::ranges::find(ids, sent->report_id) != ids.end()) continue;
    TRY_ASSIGN(const auto rows, shelf.tally(day.domain, day.day));
    for (const auto& [seen, count] : rows) {
      if (!report::is_at_or_below(seen.row.header_from, domain)) continue;
      auto row = seen.row;
      row.count = count;
      out.push_back(report::Event{day.day, "", true, std::move(row)});
    }
  }
  return out;
}

struct Asked {
  std::string domain;
  report::History history;
};
Task<Result<Asked>> asked_history(Context& context, const Request& request) {
  Asked out;
  auto domain = domain_or_all(request.arguments);
  if (!domain) co_return fail(domain.error());
  if (domain->empty()) co_return fail(Errc::invalid, "the argument \"domain\" is missing");
  out.domain = *domain;
  if (context.reports != nullptr) {
    auto flushed = co_await context.reports->flush();
    if (!flushed) co_return fail(flushed.error());
  }
  const auto days = std::min(number_argument(request.arguments, "days").value_or(default_days), most_days);
  const report::Shelf shelf(context.store);
  auto history = history_of(shelf, out.domain, report::day_of(context.store.clock().now()) - static_cast<report::Day>(days), flag_argument(request.arguments, "all").value_or(false));
  if (!history) co_return fail(history.error());
  out.history = std::move(*history);
  co_return out;
}

Task<Result<Response>> history(Context& context, Request request) {
  auto asked = co_await asked_history(context, request);
  if (!asked) co_return fail(asked.error());
  co_return in_payload(to_json(asked->history));
}

using Names = std::map<std::string, std::string>;

// The addresses' names in the DNS; without a resolver, none.
Task<Names> names_of(Context& context, std::vector<std::string> addresses) {
  Names out;
  if (context.resolver == nullptr) co_return out;
  trust::Answers answers;
  if (addresses.size() > most_names) addresses.resize(most_names);
  for (const auto& address : addresses) static_cast<void>(answers.find(dns::reverse_name(address), dns::Type::ptr));
  co_await trust::ask(*context.resolver, answers, context.store.clock(), name_time);
  for (const auto& address : addresses) {
    const auto* answer = answers.find(dns::reverse_name(address), dns::Type::ptr);
    const auto* name = answer == nullptr || answer->records.empty() ? nullptr : std::get_if<dns::Name>(&answer->records.front());
    if (name != nullptr) out[address] = name->name;
  }
  co_return out;
}

json::object source_json(const report::Row& row, const Names& names, const std::vector<std::string>& own) {
  const auto at = names.find(row.source_ip);
  const auto source = source_of(row, at == names.end() ? std::string() : at->second, own);
  return {{"kind", std::string(name_of(source.kind))}, {"name", source.name}, {"why", source.why}};
}

std::vector<std::string> own_addresses(const Context& context) { return context.reports == nullptr ? std::vector<std::string>() : context.reports->own_addresses(); }

// Traffic by day, address and alignment, each address with a guess at who it is.
Task<Result<Response>> sources(Context& context, Request request) {
  auto asked = co_await asked_history(context, request);
  if (!asked) co_return fail(asked.error());
  const auto traffic = traffic_of(asked->history);
  std::vector<std::string> addresses;
  for (const auto& one : traffic)
    if (std::ranges::find(addresses, one.source_ip) == addresses.end()) addresses.push_back(one.source_ip);
  const auto names = co_await names_of(context, std::move(addresses));
  json::array out;
  for (const auto& one : traffic)
    out.push_back(json::object{{"day", report::text_of(one.day)}, {"source_ip", one.source_ip}, {"source", source_json(one.example, names, own_addresses(context))},
                               {"messages", one.messages}, {"aligned", {{"both", one.both}, {"dkim", one.dkim}, {"spf", one.spf}, {"none", one.neither}}},
                               {"junk", one.junked}, {"refused", one.refused}});
  co_return in_payload(out);
}

Task<Result<Response>> show(Context& context, Request request) {
  auto id = text_argument(request.arguments, "id");
  if (!id) co_return fail(id.error());
  const report::Shelf shelf(context.store);
  auto body = shelf.body(*id);
  if (!body) co_return fail(body.error());
  boost::system::error_code error;
  auto value = json::parse(*body, error);
  if (error || !value.is_object()) co_return fail(Errc::corrupt, "the stored report " + *id + " cannot be read");
  auto& object = value.get_object();
  auto* rows = object.if_contains("rows");
  if (rows == nullptr || !rows->is_array()) co_return in_payload(value);
  std::vector<std::string> addresses;
  for (auto& one : rows->get_array())
    if (auto row = report::row_from_json(one)) addresses.push_back(row->source_ip);
  std::ranges::sort(addresses);
  addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  const auto names = co_await names_of(context, std::move(addresses));
  for (auto& one : rows->get_array())
    if (auto row = report::row_from_json(one)) one.as_object()["source"] = source_json(*row, names, own_addresses(context));
  co_return in_payload(value);
}

Task<Result<Response>> send(Context& context, Request request) {
  if (context.reports == nullptr) co_return fail(Errc::unavailable, "only a running server can send reports", "Start it with: posthorn serve");
  auto domain = domain_or_all(request.arguments);
  if (!domain) co_return fail(domain.error());
  const auto day = report::parse_day(text_argument_or(request.arguments, "day", ""));
  if (domain->empty() || !day) co_return fail(Errc::invalid, "which report is to be sent? A domain and a day are needed", "Write the day as 2026-11-23; see: posthorn report list --counted");
  auto sent = co_await context.reports->send(*domain, *day);
  if (!sent) co_return fail(sent.error());
  json::array to;
  for (const auto& address : sent->to) to.push_back(json::string(address));
  co_return Response{json::object{{"domain", sent->domain}, {"day", report::text_of(sent->day)}, {"outcome", sent->outcome}, {"messages", sent->messages},
                                  {"report_id", sent->report_id}, {"to", std::move(to)}}, {}};
}

}  // namespace

std::vector<NamedOperation> report_operations() {
  return {{"report.import", import_file}, {"report.list", list}, {"report.counted", counted}, {"report.history", history},
          {"report.sources", sources},    {"report.show", show}, {"report.send", send}};
}

}  // namespace posthorn::admin
