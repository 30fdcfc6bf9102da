#include "report/json.h"

#include <boost/json/array.hpp>

#include "base/json.h"
#include "base/text.h"

namespace posthorn::report {
namespace {

namespace json = boost::json;

json::string text(const std::string& bytes) { return json::string(is_utf8(bytes) ? bytes : printable(bytes, 4096)); }

void put(json::object& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out[name] = text(value);
}

std::int64_t number(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : 0;
}

json::array texts(const std::vector<std::string>& all) {
  json::array out;
  for (const auto& one : all) out.push_back(text(one));
  return out;
}

std::vector<std::string> take_texts(const json::object& in, std::string_view name) {
  std::vector<std::string> out;
  const auto* value = in.if_contains(name);
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& one : value->get_array())
    if (one.is_string()) out.emplace_back(one.get_string());
  return out;
}

template <class Item, class Read>
void take_list(const json::object& in, std::string_view name, std::vector<Item>& to, const Read& read) {
  const auto* value = in.if_contains(name);
  if (value == nullptr || !value->is_array()) return;
  for (const auto& one : value->get_array())
    if (one.is_object()) to.push_back(read(one.get_object()));
}

template <class Item>
json::object result_json(const Item& one) {
  json::object out{{"domain", text(one.domain)}, {"result", text(one.result)}};
  if constexpr (requires { one.selector; }) put(out, "selector", one.selector);
  if constexpr (requires { one.scope; }) put(out, "scope", one.scope);
  put(out, "human_result", one.human);
  return out;
}

}  // namespace

json::object to_json(const Row& row) {
  json::object out{{"source_ip", text(row.source_ip)},   {"count", row.count}, {"disposition", text(row.disposition)},
                   {"aligned", {{"dkim", row.dkim_aligned}, {"spf", row.spf_aligned}}}, {"header_from", text(row.header_from)}};
  put(out, "envelope_from", row.envelope_from);
  put(out, "envelope_to", row.envelope_to);
  json::array reasons, dkim, spf;
  for (const auto& one : row.reasons) reasons.push_back(json::object{{"type", text(one.type)}, {"comment", text(one.comment)}});
  for (const auto& one : row.dkim) dkim.push_back(result_json(one));
  for (const auto& one : row.spf) spf.push_back(result_json(one));
  if (!reasons.empty()) out["reasons"] = std::move(reasons);
  out["dkim"] = std::move(dkim);
  out["spf"] = std::move(spf);
  return out;
}

json::object to_json(const Published& p) {
  json::object out{{"domain", text(p.domain)}};
  put(out, "discovery_method", p.discovery_method);
  put(out, "p", p.p);
  put(out, "sp", p.sp);
  put(out, "np", p.np);
  put(out, "fo", p.fo);
  put(out, "adkim", p.adkim);
  put(out, "aspf", p.aspf);
  put(out, "testing", p.testing);
  put(out, "pct", p.pct);
  return out;
}

json::object to_json(const Aggregate& a) {
  json::array rows;
  for (const auto& row : a.rows) rows.push_back(to_json(row));
  return {{"org_name", text(a.org_name)},   {"email", text(a.email)}, {"extra_contact", text(a.extra_contact)}, {"report_id", text(a.report_id)},
          {"generator", text(a.generator)}, {"version", text(a.version)}, {"begin", a.begin}, {"end", a.end},
          {"errors", texts(a.errors)},      {"published", to_json(a.published)}, {"format", text(a.format)}, {"notes", texts(a.notes)},
          {"messages", a.messages()},       {"rows", std::move(rows)}};
}

json::object to_json(const Failure& f) {
  json::object out{{"domain", text(f.reported_domain)}, {"source_ip", text(f.source_ip)}, {"auth_failure", text(f.auth_failure)}, {"incidents", f.incidents}};
  put(out, "user_agent", f.user_agent);
  put(out, "delivery_result", f.delivery_result);
  put(out, "mail_from", f.mail_from);
  put(out, "arrival_date", f.arrival_date);
  put(out, "envelope_id", f.envelope_id);
  put(out, "identity_alignment", f.identity_alignment);
  put(out, "dkim_domain", f.dkim_domain);
  put(out, "dkim_selector", f.dkim_selector);
  put(out, "spf_dns", f.spf_dns);
  put(out, "authentication_results", f.authentication_results);
  put(out, "subject", f.subject);
  put(out, "from", f.from);
  put(out, "message_id", f.message_id);
  return out;
}

Result<Row> row_from_json(const json::value& value) {
  if (!value.is_object()) return fail(Errc::corrupt, "a stored record of a report cannot be read");
  const auto& in = value.get_object();
  Row row;
  row.source_ip = string_at(in, "source_ip");
  row.count = static_cast<std::uint64_t>(number(in, "count"));
  row.disposition = string_at(in, "disposition");
  if (const auto* aligned = in.if_contains("aligned"); aligned != nullptr && aligned->is_object()) {
    row.dkim_aligned = flag_at(aligned->get_object(), "dkim");
    row.spf_aligned = flag_at(aligned->get_object(), "spf");
  }
  row.header_from = string_at(in, "header_from");
  row.envelope_from = string_at(in, "envelope_from");
  row.envelope_to = string_at(in, "envelope_to");
  take_list(in, "reasons", row.reasons, [](const json::object& one) { return Reason{string_at(one, "type"), string_at(one, "comment")}; });
  take_list(in, "dkim", row.dkim, [](const json::object& one) { return DkimSeen{string_at(one, "domain"), string_at(one, "selector"), string_at(one, "result"), string_at(one, "human_result")}; });
  take_list(in, "spf", row.spf, [](const json::object& one) { return SpfSeen{string_at(one, "domain"), string_at(one, "scope"), string_at(one, "result"), string_at(one, "human_result")}; });
  return row;
}

Result<Published> published_from_json(const json::value& value) {
  if (!value.is_object()) return fail(Errc::corrupt, "a stored policy of a report cannot be read");
  const auto& in = value.get_object();
  return Published{string_at(in, "domain"), string_at(in, "discovery_method"), string_at(in, "p"),    string_at(in, "sp"),      string_at(in, "np"),
                   string_at(in, "fo"),     string_at(in, "adkim"),            string_at(in, "aspf"), string_at(in, "testing"), string_at(in, "pct")};
}

Result<Aggregate> aggregate_from_json(const json::value& value) {
  if (!value.is_object()) return fail(Errc::corrupt, "a stored report cannot be read");
  const auto& in = value.get_object();
  Aggregate a;
  a.org_name = string_at(in, "org_name");
  a.email = string_at(in, "email");
  a.extra_contact = string_at(in, "extra_contact");
  a.report_id = string_at(in, "report_id");
  a.generator = string_at(in, "generator");
  a.version = string_at(in, "version");
  a.begin = number(in, "begin");
  a.end = number(in, "end");
  a.errors = take_texts(in, "errors");
  a.format = string_at(in, "format");
  a.notes = take_texts(in, "notes");
  const auto* published = in.if_contains("published");
  const auto* rows = in.if_contains("rows");
  if (published == nullptr || rows == nullptr || !rows->is_array()) return fail(Errc::corrupt, "a stored report cannot be read");
  TRY_ASSIGN(a.published, published_from_json(*published));
  for (const auto& one : rows->get_array()) {
    TRY_ASSIGN(auto row, row_from_json(one));
    a.rows.push_back(std::move(row));
  }
  return a;
}

}  // namespace posthorn::report
