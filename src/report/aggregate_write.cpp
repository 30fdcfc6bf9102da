#include "base/text.h"
#include "report/aggregate.h"

namespace posthorn::report {
namespace {

// XML 1.0 2.2: only these characters; the others become U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 4000)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

class Xml {
 public:
  explicit Xml(std::string start) : text_(std::move(start)) {}
  void open(std::string_view name) {
    text_ += std::string(depth_++ * 2, ' ') + "<" + std::string(name) + ">\n";
  }
  void close(std::string_view name) { text_ += std::string(--depth_ * 2, ' ') + "</" + std::string(name) + ">\n"; }
  void element(std::string_view name, std::string_view value) {
    text_ += std::string(depth_ * 2, ' ') + "<" + std::string(name) + ">" + escaped(value) + "</" + std::string(name) + ">\n";
  }
  void optional(std::string_view name, std::string_view value) {
    if (!value.empty()) element(name, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t depth_ = 1;
};

void write_policy(Xml& xml, const Published& p) {
  xml.open("policy_published");
  xml.element("domain", p.domain);
  xml.optional("discovery_method", p.discovery_method);
  xml.element("p", p.p.empty() ? "none" : p.p);
  xml.optional("sp", p.sp);
  xml.optional("np", p.np);
  xml.optional("fo", p.fo);
  xml.optional("adkim", p.adkim);
  xml.optional("aspf", p.aspf);
  xml.optional("testing", p.testing);
  xml.close("policy_published");
}

void write_row(Xml& xml, const Row& row) {
  xml.open("record");
  xml.open("row");
  xml.element("source_ip", row.source_ip);
  xml.element("count", std::to_string(row.count));
  xml.open("policy_evaluated");
  xml.element("disposition", row.disposition);
  xml.element("dkim", row.dkim_aligned ? "pass" : "fail");
  xml.element("spf", row.spf_aligned ? "pass" : "fail");
  for (const auto& reason : row.reasons) {
    xml.open("reason");
    xml.element("type", reason.type);
    xml.optional("comment", reason.comment);
    xml.close("reason");
  }
  xml.close("policy_evaluated");
  xml.close("row");
  xml.open("identifiers");
  xml.element("header_from", row.header_from);
  xml.optional("envelope_from", row.envelope_from);
  xml.optional("envelope_to", row.envelope_to);
  xml.close("identifiers");
  xml.open("auth_results");
  for (const auto& one : row.dkim) {
    xml.open("dkim");
    xml.element("domain", one.domain);
    xml.element("selector", one.selector);
    xml.element("result", one.result);
    xml.optional("human_result", one.human);
    xml.close("dkim");
  }
  for (const auto& one : row.spf) {
    xml.open("spf");
    xml.element("domain", one.domain);
    xml.optional("scope", one.scope);
    xml.element("result", one.result);
    xml.optional("human_result", one.human);
    xml.close("spf");
  }
  xml.close("auth_results");
  xml.close("record");
}

}  // namespace

std::string write_aggregate(const Aggregate& a) {
  Xml xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n");
  xml.element("version", "1.0");
  xml.open("report_metadata");
  xml.element("org_name", a.org_name);
  xml.element("email", a.email);
  xml.optional("extra_contact_info", a.extra_contact);
  xml.element("report_id", a.report_id);
  xml.open("date_range");
  xml.element("begin", std::to_string(a.begin));
  xml.element("end", std::to_string(a.end));
  xml.close("date_range");
  for (const auto& error : a.errors) xml.element("error", error);
  xml.optional("generator", a.generator);
  xml.close("report_metadata");
  write_policy(xml, a.published);
  for (const auto& row : a.rows) write_row(xml, row);
  return xml.take() + "</feedback>\n";
}

}  // namespace posthorn::report
