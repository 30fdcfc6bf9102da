// report/failure.h - failure reports in the abuse reporting format (RFC 5965, 6591, 9991): one message that failed, as its receiver
// tells of it. Pure. Security: from strangers; only the fields named here are read, bounded by the parser of messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "report/aggregate.h"
#include "report/compose.h"
#include "trust/judgement.h"

namespace posthorn::report {

struct Failure {
  std::string feedback_type, user_agent, auth_failure, delivery_result;
  std::string source_ip, reported_domain, mail_from, arrival_date, envelope_id;
  std::string identity_alignment;         // RFC 9991: "none", "dkim", "spf" or both: what did not align
  std::string dkim_domain, dkim_selector, spf_dns, authentication_results;
  std::uint64_t incidents = 1;
  std::string subject, from, message_id;  // of the message told of
};

// Nothing: the message holds no feedback report of the type auth-failure. Errors: invalid: it is one, but says too little.
std::optional<Result<Failure>> failure_in(const mail::Message& message);

// Whether the domain asks to be told of this message (ruf=, fo=; RFC 9989 4.7) and it is none that is itself a report.
bool wants_failure_report(const trust::Judgement& judgement, std::string_view message);
// The mail that tells it. Of the message only what its author wrote in the header goes out, never whom it was to or its body (RFC 9991 6).
Result<std::string> compose_failure(const trust::Judgement& judgement, const trust::Facts& facts, std::string_view message, const Posting& posting, std::string_view id);

}  // namespace posthorn::report
