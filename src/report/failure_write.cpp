#include <algorithm>

#include "base/text.h"
#include "mail/build.h"
#include "mail/text.h"
#include "report/failure.h"

namespace posthorn::report {
namespace {

// What the author's side wrote and what says whose message it is; nothing about recipients.
constexpr std::string_view told_fields[] = {"From", "Sender", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "DKIM-Signature"};

bool is_a_report(const mail::Message& message) {
  const auto& root = message.root();
  return (root.type == "multipart" && root.subtype == "report") || mail::find(root.fields, "Auto-Submitted") != nullptr;
}

// rfc:9989#4.7 "0": nothing gave an aligned pass; "1": something did not; "d", "s": a signature, SPF failed, aligned or not.
bool matches(std::string_view fo, const trust::Judgement& j) {
  const auto& d = j.dmarc;
  for (const auto one : split(fo, ':')) {
    if (one == "0" && !d.dkim_aligned && !d.spf_aligned) return true;
    if (one == "1" && (!d.dkim_aligned || !d.spf_aligned)) return true;
    if (one == "d" && std::ranges::any_of(j.dkim, [](const auto& s) { return s.result == trust::dkim::Result::fail; })) return true;
    if (one == "s" && j.spf.result == trust::spf::Result::fail) return true;
  }
  return false;
}

class Fields {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty() || trouble_) return;
    auto field = mail::header_field(name, printable(value, 900));
    if (field) text_ += *field;
    else trouble_ = field.error();
  }
  Result<std::string> take() {
    if (trouble_) return fail(*trouble_);
    return std::move(text_);
  }

 private:
  std::string text_;
  std::optional<Error> trouble_;
};

Result<std::string> feedback(const trust::Judgement& j, const trust::Facts& facts, const Posting& posting) {
  const auto& d = j.dmarc;
  std::string failed;
  if (!d.dkim_aligned) failed = "dkim";
  if (!d.spf_aligned) failed += failed.empty() ? "spf" : ", spf";
  Fields out;
  out.add("Feedback-Type", "auth-failure");
  out.add("Version", "1");
  out.add("User-Agent", "Posthorn");
  out.add("Auth-Failure", "dmarc");
  out.add("Identity-Alignment", failed.empty() ? "none" : failed);
  out.add("Original-Mail-From", "<" + facts.mail_from + ">");
  out.add("Arrival-Date", mail::format_date(mail::Date{std::chrono::duration_cast<std::chrono::seconds>(facts.now.time_since_epoch()).count(), 0}));
  out.add("Source-IP", facts.ip);
  out.add("Reported-Domain", d.author);
  out.add("Delivery-Result", j.disposition == trust::Disposition::reject ? "reject" : j.disposition == trust::Disposition::quarantine ? "policy" : "delivered");
  for (const auto& one : j.dkim)
    if (one.result == trust::dkim::Result::fail) {
      out.add("DKIM-Domain", one.domain);
      out.add("DKIM-Selector", one.selector);
      break;
    }
  if (!d.spf_aligned && !j.spf.steps.empty()) out.add("SPF-DNS", "txt : " + j.spf.domain + " : \"" + j.spf.steps.front().record + "\"");
  out.add("Authentication-Results", posting.submitter + "; dmarc=" + std::string(trust::dmarc::name_of(d.result)) + " header.from=" + d.author);
  return out.take();
}

}  // namespace

bool wants_failure_report(const trust::Judgement& judgement, std::string_view message) {
  const auto& d = judgement.dmarc;
  const bool checked = d.result == trust::dmarc::Result::fail || d.result == trust::dmarc::Result::pass;
  if (!checked || !d.parsed || d.parsed->ruf.empty() || d.parsed->psd == trust::dmarc::Psd::yes || judgement.authors.domains.size() != 1) return false;
  return matches(d.parsed->fo, judgement) && !is_a_report(mail::parse(message));
}

Result<std::string> compose_failure(const trust::Judgement& judgement, const trust::Facts& facts, std::string_view message, const Posting& posting, std::string_view id) {
  const auto parsed = mail::parse(message);
  const std::string boundary = "failure-" + std::string(id);
  std::string to;
  for (const auto& one : posting.to) to += (to.empty() ? "" : ", ") + one;
  Fields head;
  head.add("From", posting.from);
  head.add("To", to);
  head.add("Subject", "DMARC failure report for " + judgement.dmarc.author);
  head.add("Date", mail::format_date(mail::Date{std::chrono::duration_cast<std::chrono::seconds>(posting.now.time_since_epoch()).count(), 0}));
  head.add("Message-ID", "<" + std::string(id) + "@" + posting.submitter + ">");
  head.add("Auto-Submitted", "auto-generated");
  head.add("MIME-Version", "1.0");
  head.add("Content-Type", "multipart/report; report-type=feedback-report; boundary=\"" + boundary + "\"");
  TRY_ASSIGN(auto out, head.take());
  TRY_ASSIGN(const auto fields, feedback(judgement, facts, posting));
  Fields original;
  for (const auto name : told_fields)
    for (const auto& field : parsed.root().fields)
      if (equal_icase(field.name, name)) original.add(name, mail::unfolded(field.value));
  TRY_ASSIGN(const auto told, original.take());
  const std::string start = "\r\n--" + boundary + "\r\nContent-Type: ";
  out += start + "text/plain; charset=us-ascii\r\n\r\nA message that claims to come from " + judgement.dmarc.author + " failed the checks its domain asks for.\r\n" +
         "It came from " + printable(facts.ip, 60) + ". Its recipients and its text are not told here.\r\n";
  out += start + "message/feedback-report\r\n\r\n" + fields;
  out += start + "text/rfc822-headers\r\n\r\n" + told + "\r\n--" + boundary + "--\r\n";
  return out;
}

}  // namespace posthorn::report
