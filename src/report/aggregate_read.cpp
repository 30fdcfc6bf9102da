#include <expat.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/cursor.h"
#include "base/text.h"
#include "dns/resolver.h"
#include "report/aggregate.h"

namespace posthorn::report {
namespace {

constexpr std::string_view new_namespace = "urn:ietf:params:xml:ns:dmarc-2.0";
constexpr char between = '|';  // of namespace and name, as expat joins them

struct ParserFree {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<XML_ParserStruct, ParserFree>;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

// Seconds, also with spaces around or a fraction behind.
std::optional<std::int64_t> seconds_in(std::string_view text) {
  Cursor in(trim(text));
  const auto number = in.take_number(253'402'300'799);
  if (!number || (!in.done() && !in.take('.'))) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::string dkim_word(std::string word) {
  static constexpr std::array<std::string_view, 7> known = {"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"};
  if (word == "hardfail") return "fail";
  return is_one_of(word, known) ? word : "permerror";
}
std::string spf_word(std::string word) {
  static constexpr std::array<std::string_view, 8> known = {"none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror"};
  if (word == "hardfail") return "fail";
  return is_one_of(word, known) ? word : "permerror";
}

// Follows the elements and fills an Aggregate. Elements are known by the path of their names; others are passed over.
class Reading {
 public:
  Reading(XML_Parser parser, const Limits& limits) : parser_(parser), limits_(limits) {}
  Aggregate out;
  std::optional<Error> wrong;

  void open(std::string_view full) {
    if (wrong) return;
    const auto bar = full.rfind(between);
    const auto space = bar == full.npos ? std::string_view() : full.substr(0, bar);
    const auto name = bar == full.npos ? full : full.substr(bar + 1);
    if (path_.size() >= limits_.depth) return stop(Errc::too_big, "its elements are nested too deeply");
    if (path_.empty()) {
      space_ = space;
      if (name != "feedback") return stop(Errc::invalid, "its first element is <" + printable(name, 60) + ">, not <feedback>");
      out.format = space_ == new_namespace ? "9990" : "7489";
    }
    path_.emplace_back(space == space_ ? std::string(name) : std::string());  // extensions of others have no name here
    text_.clear();
    const auto where = place();
    if (where == "record") {
      if (out.rows.size() >= limits_.rows) return stop(Errc::too_big, "it has more than " + std::to_string(limits_.rows) + " records");
      row_ = Row{};
      counted_ = false;
    }
    if (where == "record/row/policy_evaluated/reason") reason_ = Reason{};
    if (where == "record/auth_results/dkim") dkim_ = DkimSeen{};
    if (where == "record/auth_results/spf") spf_ = SpfSeen{};
  }

  void text(std::string_view piece) {
    if (wrong) return;
    const auto room = limits_.text - std::min(limits_.text, text_.size());
    if (piece.size() > room) note("a text was cut");
    text_ += piece.substr(0, room);
  }

  void close() {
    if (wrong) return;  // expat still ends the element in which it was told to stop
    const auto where = place();
    const auto value = std::string(trim(text_));
    if (where.starts_with("record")) close_record(where, value);
    else close_head(where, value);
    text_.clear();
    path_.pop_back();
  }

  void stop(Errc code, std::string what) {
    if (!wrong) wrong = Error{code, std::move(what), {}};
    XML_StopParser(parser_, XML_FALSE);
  }

 private:
  std::string place() const {
    std::string path;
    for (std::size_t i = 1; i < path_.size(); ++i) path += (i == 1 ? "" : "/") + (path_[i].empty() ? std::string("?") : path_[i]);
    return path;
  }
  void note(std::string what) {
    if (std::ranges::find(out.notes, what) == out.notes.end() && out.notes.size() < 20) out.notes.push_back(std::move(what));
  }

  void close_head(std::string_view where, const std::string& value) {
    const std::array<std::pair<std::string_view, std::string*>, 16> texts = {{{"version", &out.version},
                                                                              {"report_metadata/org_name", &out.org_name},
                                                                              {"report_metadata/email", &out.email},
                                                                              {"report_metadata/extra_contact_info", &out.extra_contact},
                                                                              {"report_metadata/report_id", &out.report_id},
                                                                              {"report_metadata/generator", &out.generator},
                                                                              {"policy_published/domain", &out.published.domain},
                                                                              {"policy_published/discovery_method", &out.published.discovery_method},
                                                                              {"policy_published/p", &out.published.p},
                                                                              {"policy_published/sp", &out.published.sp},
                                                                              {"policy_published/np", &out.published.np},
                                                                              {"policy_published/fo", &out.published.fo},
                                                                              {"policy_published/adkim", &out.published.adkim},
                                                                              {"policy_published/aspf", &out.published.aspf},
                                                                              {"policy_published/testing", &out.published.testing},
                                                                              {"policy_published/pct", &out.published.pct}}};
    for (const auto& [name, to] : texts) {
      if (where != name) continue;
      *to = where.starts_with("policy_published/") ? to_lower(value) : value;
      return;
    }
    if (where == "report_metadata/error" && !value.empty() && out.errors.size() < 100) out.errors.push_back(value);
    if (where == "report_metadata/date_range/begin") begin_ = seconds_in(value);
    if (where == "report_metadata/date_range/end") end_ = seconds_in(value);
  }

  void close_record(std::string_view where, const std::string& value) {
    if (where == "record") return end_row();
    where.remove_prefix(7);
    const auto lower = to_lower(value);
    if (where == "row/source_ip") row_.source_ip = lower;
    else if (where == "row/count") take_count(value);
    else if (where == "row/policy_evaluated/disposition") row_.disposition = lower;
    else if (where == "row/policy_evaluated/dkim") row_.dkim_aligned = lower == "pass";
    else if (where == "row/policy_evaluated/spf") row_.spf_aligned = lower == "pass";
    else if (where == "row/policy_evaluated/reason/type") reason_.type = lower;
    else if (where == "row/policy_evaluated/reason/comment") reason_.comment = value;
    else if (where == "row/policy_evaluated/reason") end_reason();
    else if (where == "identifiers/header_from") row_.header_from = lower;
    else if (where == "identifiers/envelope_from") row_.envelope_from = lower;
    else if (where == "identifiers/envelope_to") row_.envelope_to = lower;
    else if (where == "auth_results/dkim/domain") dkim_.domain = lower;
    else if (where == "auth_results/dkim/selector") dkim_.selector = lower;
    else if (where == "auth_results/dkim/result") dkim_.result = dkim_word(lower);
    else if (where == "auth_results/dkim/human_result") dkim_.human = value;
    else if (where == "auth_results/dkim") add(row_.dkim, dkim_);
    else if (where == "auth_results/spf/domain") spf_.domain = lower;
    else if (where == "auth_results/spf/scope") spf_.scope = lower;
    else if (where == "auth_results/spf/result") spf_.result = spf_word(lower);
    else if (where == "auth_results/spf/human_result") spf_.human = value;
    else if (where == "auth_results/spf") add(row_.spf, spf_);
  }

  template <class Item>
  void add(std::vector<Item>& to, Item& item) {
    if (to.size() >= limits_.signatures) return note("more than " + std::to_string(limits_.signatures) + " signatures of a record were left out");
    if (item.domain.empty() && item.result.empty()) return;
    if (item.result.empty()) item.result = "none";
    to.push_back(std::move(item));
  }

  void take_count(const std::string& value) {
    Cursor in(value);
    const auto number = in.take_number(1ull << 40);
    counted_ = number && in.done();
    row_.count = counted_ ? *number : 0;
  }

  void end_reason() {
    if (reason_.type.empty() && reason_.comment.empty()) return;
    if (row_.reasons.size() < 10) row_.reasons.push_back(std::move(reason_));
  }

  void end_row() {
    if (dns::reverse_name(row_.source_ip).empty() || !counted_) {
      note("records without a source address or a count were left out");
      return;
    }
    static constexpr std::array<std::string_view, 4> known = {"none", "pass", "quarantine", "reject"};
    if (!is_one_of(row_.disposition, known)) {
      note("a disposition \"" + printable(row_.disposition, 40) + "\" was read as none");
      row_.disposition = "none";
      out.format = "loose";
    }
    if (row_.header_from.empty()) {
      row_.header_from = out.published.domain;
      out.format = "loose";
    }
    out.rows.push_back(std::move(row_));
  }

 public:
  Result<Aggregate> finish() {
    const auto lacks = [](const char* what) { return fail(Errc::invalid, std::string("it lacks ") + what); };
    if (!begin_ || !end_) return lacks("its period (date_range)");
    out.begin = *begin_;
    out.end = *end_;
    if (out.end < out.begin) return fail(Errc::invalid, "its period ends before it begins");
    if (out.published.domain.empty()) return lacks("the domain it is about (policy_published/domain)");
    if (out.org_name.empty() && out.email.empty()) return lacks("who wrote it (org_name, email)");
    if (out.report_id.empty()) return lacks("its report_id");
    if (out.rows.empty()) return lacks("any record that can be read");
    return std::move(out);
  }

 private:
  XML_Parser parser_;
  const Limits& limits_;
  std::vector<std::string> path_;
  std::string space_, text_;
  Row row_;
  bool counted_ = false;
  Reason reason_;
  DkimSeen dkim_;
  SpfSeen spf_;
  std::optional<std::int64_t> begin_, end_;
};

void XMLCALL on_start(void* reading, const XML_Char* name, const XML_Char**) { static_cast<Reading*>(reading)->open(name); }
void XMLCALL on_end(void* reading, const XML_Char*) { static_cast<Reading*>(reading)->close(); }
void XMLCALL on_text(void* reading, const XML_Char* text, int size) {
  static_cast<Reading*>(reading)->text(std::string_view(text, static_cast<std::size_t>(size)));
}
void XMLCALL on_doctype(void* reading, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<Reading*>(reading)->stop(Errc::refused, "it has a document type definition, which no report needs and attacks use");
}

}  // namespace

std::uint64_t Aggregate::messages() const {
  std::uint64_t sum = 0;
  for (const auto& row : rows) sum += row.count;
  return sum;
}

Result<Aggregate> read_aggregate(std::string_view xml, const Limits& limits) {
  if (xml.size() > limits.unpacked) return fail(Errc::too_big, "it is larger than " + std::to_string(limits.unpacked >> 20) + " MiB");
  const Parser parser(XML_ParserCreateNS(nullptr, between));
  if (!parser) return fail(Errc::io, "no memory for an XML parser");
  Reading reading(parser.get(), limits);
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  const auto status = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1);
  if (reading.wrong) return fail(*reading.wrong);
  if (status != XML_STATUS_OK)
    return fail(Errc::invalid, "line " + std::to_string(XML_GetCurrentLineNumber(parser.get())) + " is no XML: " + XML_ErrorString(XML_GetErrorCode(parser.get())));
  return reading.finish();
}

}  // namespace posthorn::report
