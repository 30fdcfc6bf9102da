#include "report/failure.h"

#include <array>

#include "base/cursor.h"
#include "base/text.h"
#include "mail/text.h"

namespace posthorn::report {
namespace {

std::string value_of(const mail::Part& part, std::string_view name) {
  const auto* field = mail::find(part.fields, name);
  return field == nullptr ? std::string() : printable(mail::unfolded(field->value), 1000);
}

// The fields of a message/feedback-report part, which look like a header block.
void read_fields(const mail::Part& fields, Failure& out) {
  const std::array<std::pair<std::string_view, std::string*>, 14> all = {{{"Feedback-Type", &out.feedback_type},
                                                                          {"User-Agent", &out.user_agent},
                                                                          {"Auth-Failure", &out.auth_failure},
                                                                          {"Delivery-Result", &out.delivery_result},
                                                                          {"Source-IP", &out.source_ip},
                                                                          {"Reported-Domain", &out.reported_domain},
                                                                          {"Original-Mail-From", &out.mail_from},
                                                                          {"Arrival-Date", &out.arrival_date},
                                                                          {"Original-Envelope-Id", &out.envelope_id},
                                                                          {"Identity-Alignment", &out.identity_alignment},
                                                                          {"DKIM-Domain", &out.dkim_domain},
                                                                          {"DKIM-Selector", &out.dkim_selector},
                                                                          {"SPF-DNS", &out.spf_dns},
                                                                          {"Authentication-Results", &out.authentication_results}}};
  for (const auto& [name, to] : all) *to = value_of(fields, name);
  const auto incidents = value_of(fields, "Incidents");
  Cursor in(incidents);
  if (const auto count = in.take_number(1u << 30); count && *count > 0) out.incidents = *count;
}

void read_original(const mail::Part& part, Failure& out) {
  out.subject = value_of(part, "Subject");
  out.from = value_of(part, "From");
  out.message_id = value_of(part, "Message-ID");
}

}  // namespace

std::optional<Result<Failure>> failure_in(const mail::Message& message) {
  Failure out;
  bool found = false;
  for (const auto& part : message.parts) {
    const auto type = part.type + "/" + part.subtype;
    if (type == "message/feedback-report" && !found) {
      const auto body = mail::decoded_body(message, part) + "\r\n\r\n";
      read_fields(mail::parse(body).root(), out);
      found = true;
    } else if (found && part.is_message()) {
      read_original(message.parts[part.children.front()], out);
    } else if (found && (type == "text/rfc822-headers" || type == "message/rfc822-headers")) {
      const auto body = mail::decoded_body(message, part) + "\r\n\r\n";
      read_original(mail::parse(body).root(), out);
    }
  }
  if (!found || !equal_icase(out.feedback_type, "auth-failure")) return std::nullopt;
  if (out.reported_domain.empty()) {
    const auto at = out.from.rfind('@');
    if (at != out.from.npos) out.reported_domain = to_lower(out.from.substr(at + 1, out.from.find_first_of("> \t", at) - at - 1));
  }
  if (out.reported_domain.empty()) return Result<Failure>(fail(Errc::invalid, "it does not say which domain it is about (Reported-Domain)"));
  return Result<Failure>(std::move(out));
}

}  // namespace posthorn::report
