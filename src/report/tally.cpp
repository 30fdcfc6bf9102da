#include "report/tally.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/cursor.h"
#include "base/text.h"
#include "report/history.h"
#include "report/json.h"

namespace posthorn::report {
namespace {

namespace json = boost::json;
using trust::dmarc::name_of;

Published published_of(const trust::dmarc::Verdict& verdict) {
  Published out;
  out.domain = verdict.record_domain;
  out.discovery_method = "treewalk";
  const auto word = [](const std::optional<trust::dmarc::Policy>& policy) { return policy ? std::string(name_of(*policy)) : std::string(); };
  const auto& record = *verdict.parsed;
  out.p = record.p ? word(record.p) : "none";
  out.sp = word(record.sp);
  out.np = word(record.np);
  out.fo = record.fo;
  out.adkim = record.adkim == trust::dmarc::Alignment::strict ? "s" : "r";
  out.aspf = record.aspf == trust::dmarc::Alignment::strict ? "s" : "r";
  out.testing = record.testing ? "y" : "n";
  return out;
}

// rfc:9990#3.1.1.11 passing and strictly aligned first, then passing and aligned, other passing, failing.
int rank(const trust::dkim::Signature& signature, const trust::dmarc::Verdict& verdict) {
  if (signature.result != trust::dkim::Result::pass) return 3;
  if (signature.domain == verdict.author) return 0;
  return is_at_or_below(signature.domain, verdict.organizational_domain) ? 1 : 2;
}

std::vector<DkimSeen> dkim_of(const trust::Judgement& judgement) {
  std::vector<const trust::dkim::Signature*> all;
  for (const auto& one : judgement.dkim) all.push_back(&one);
  std::ranges::sort(all, {}, [&judgement](const auto* one) { return std::pair(rank(*one, judgement.dmarc), one); });  // else in their order
  std::vector<DkimSeen> out;
  for (const auto* one : all)
    if (!one->domain.empty() && out.size() < 100) out.push_back(DkimSeen{one->domain, one->selector, std::string(trust::dkim::name_of(one->result)), one->reason});
  return out;
}

std::string disposition_of(const trust::Judgement& judgement) {
  if (judgement.dmarc.result != trust::dmarc::Result::pass) return std::string(trust::name_of(judgement.disposition));
  return judgement.dmarc.policy == trust::dmarc::Policy::none ? "none" : "pass";
}

std::string text_of(const Seen& seen) {
  auto row = to_json(seen.row);
  row.erase("count");
  json::array errors, rua;
  for (const auto& one : seen.errors) errors.push_back(json::string(printable(one, 500)));
  for (const auto& one : seen.rua) rua.push_back(json::string(printable(one, 500)));
  return json::serialize(json::object{{"published", to_json(seen.published)}, {"errors", std::move(errors)}, {"rua", std::move(rua)}, {"row", std::move(row)}});
}

}  // namespace

std::optional<Seen> seen_of(const trust::Judgement& judgement, const trust::Facts& facts) {
  const auto& verdict = judgement.dmarc;
  if (!verdict.parsed || judgement.authors.domains.size() != 1) return std::nullopt;
  Seen out;
  out.published = published_of(verdict);
  out.errors = verdict.parsed->errors;
  out.rua = verdict.parsed->rua;
  auto& row = out.row;
  row.source_ip = facts.ip;
  row.count = 1;
  row.disposition = disposition_of(judgement);
  row.dkim_aligned = verdict.dkim_aligned;
  row.spf_aligned = verdict.spf_aligned;
  for (const auto& one : judgement.overrides) row.reasons.push_back(Reason{one.type, one.comment});
  // rfc:9990#3.1.1.9 what was done otherwise than the policy asks needs a reason.
  if (verdict.result == trust::dmarc::Result::fail && row.reasons.empty() && row.disposition != name_of(verdict.policy))
    row.reasons.push_back(Reason{"local_policy", judgement.reason});
  row.header_from = verdict.author;
  if (const auto at = facts.mail_from.rfind('@'); at != facts.mail_from.npos) row.envelope_from = to_lower(facts.mail_from.substr(at + 1));
  row.dkim = dkim_of(judgement);
  if (!judgement.spf.domain.empty())
    row.spf.push_back(SpfSeen{judgement.spf.domain, "mfrom", std::string(trust::spf::name_of(judgement.spf.result)), judgement.spf.reason});
  return out;
}

Day day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }

std::string text_of(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day()));
}

std::optional<Day> parse_day(std::string_view text) {
  Cursor in(text);
  const auto year = in.take_number(9999);
  if (!year || *year < 1970 || !in.take('-')) return std::nullopt;
  const auto month = in.take_number(12);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.take_number(31);
  if (!day || !in.done()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

void Tally::add(Day day, const Seen& seen) { counts_[TallyKey{day, seen.published.domain, text_of(seen)}] += seen.row.count; }

Result<Seen> seen_from_text(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr || !object->contains("published") || !object->contains("row")) return fail(Errc::corrupt, "a stored tally cannot be read");
  Seen out;
  TRY_ASSIGN(out.published, published_from_json(object->at("published")));
  TRY_ASSIGN(out.row, row_from_json(object->at("row")));
  for (const auto& [name, to] : {std::pair{"errors", &out.errors}, std::pair{"rua", &out.rua}})
    if (const auto* list = object->if_contains(name); list != nullptr && list->is_array())
      for (const auto& one : list->get_array())
        if (one.is_string()) to->emplace_back(one.get_string());
  return out;
}

std::string folded(std::string_view text) {
  const auto seen = seen_from_text(text);
  if (!seen) return std::string(text);
  Seen out;
  out.published = seen->published;
  out.rua = seen->rua;
  out.row.source_ip = "0.0.0.0";
  out.row.disposition = seen->row.disposition;
  out.row.dkim_aligned = seen->row.dkim_aligned;
  out.row.spf_aligned = seen->row.spf_aligned;
  out.row.header_from = seen->published.domain;
  out.row.reasons.push_back(Reason{"other", "counted together with others: this day has more different rows than a report can tell"});
  return text_of(out);
}

Aggregate aggregate_of(std::string_view domain, Day day, const std::vector<std::pair<Seen, std::uint64_t>>& rows, const Reporter& reporter) {
  constexpr std::int64_t seconds_a_day = 86'400;
  Aggregate out;
  out.version = "1.0";
  out.org_name = reporter.org_name;
  out.email = reporter.email;
  out.extra_contact = reporter.contact;
  out.generator = reporter.generator;
  out.report_id = reporter.report_id;
  out.begin = day * seconds_a_day;
  out.end = out.begin + seconds_a_day - 1;
  out.format = "9990";
  std::map<Published, std::uint64_t> policies;
  for (const auto& [seen, count] : rows) {
    policies[seen.published] += count;
    for (const auto& error : seen.errors)
      if (std::ranges::find(out.errors, error) == out.errors.end()) out.errors.push_back(error);
    auto row = seen.row;
    row.count = count;
    out.rows.push_back(std::move(row));
  }
  const auto most = std::ranges::max_element(policies, {}, [](const auto& one) { return one.second; });
  if (most != policies.end()) out.published = most->first;
  out.published.domain = domain;
  return out;
}

}  // namespace posthorn::report
