#include "report/compose.h"

#include "base/text.h"
#include "mail/build.h"
#include "mail/text.h"
#include "report/tally.h"
#include "report/unpack.h"

namespace posthorn::report {
namespace {

constexpr std::size_t line_of_base64 = 76;

std::string folded_base64(std::string_view bytes) {
  const auto all = base64_encode(bytes);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += line_of_base64) out += all.substr(at, line_of_base64) + "\r\n";
  return out;
}

std::string words_for_people(const Aggregate& a, std::string_view submitter) {
  std::uint64_t passed = 0;
  for (const auto& row : a.rows) passed += row.passes() ? row.count : 0;
  return "This is a DMARC aggregate report (RFC 9990) about mail that claimed to come\r\nfrom " + a.published.domain + " and reached " + std::string(submitter) + " on " +
         text_of(static_cast<Day>(a.begin / 86'400)) + " (UTC).\r\n\r\nMessages: " + std::to_string(a.messages()) + ", of which DMARC proved " + std::to_string(passed) +
         ".\r\nThe details are in the attached file, made for programs.\r\n";
}

}  // namespace

std::string file_name_of(const Aggregate& a, std::string_view submitter) {
  return std::string(submitter) + "!" + a.published.domain + "!" + std::to_string(a.begin) + "!" + std::to_string(a.end) + "!" + a.report_id + ".xml.gz";
}

Result<std::string> compose(const Aggregate& a, const Posting& posting) {
  TRY_ASSIGN(const auto packed, gzip(write_aggregate(a)));
  const mail::Date date{std::chrono::duration_cast<std::chrono::seconds>(posting.now.time_since_epoch()).count(), 0};
  const std::string boundary = "report-" + a.report_id, file = file_name_of(a, posting.submitter);
  std::string to;
  for (const auto& one : posting.to) to += (to.empty() ? "" : ", ") + one;
  std::string out;
  const std::pair<std::string_view, std::string> fields[] = {
      {"From", posting.from},
      {"To", to},
      {"Subject", "Report Domain: " + a.published.domain + " Submitter: " + posting.submitter + " Report-ID: " + a.report_id},
      {"Date", mail::format_date(date)},
      {"Message-ID", "<" + a.report_id + "@" + posting.submitter + ">"},
      {"Auto-Submitted", "auto-generated"},
      {"MIME-Version", "1.0"},
      {"Content-Type", "multipart/mixed; boundary=\"" + boundary + "\""},
  };
  for (const auto& [name, value] : fields) {
    TRY_ASSIGN(const auto field, mail::header_field(name, value));
    out += field;
  }
  out += "\r\n--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + words_for_people(a, posting.submitter);
  out += "\r\n--" + boundary + "\r\nContent-Type: application/gzip;\r\n name=\"" + file + "\"\r\nContent-Disposition: attachment;\r\n filename=\"" + file +
         "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + folded_base64(packed) + "\r\n--" + boundary + "--\r\n";
  return out;
}

}  // namespace posthorn::report
