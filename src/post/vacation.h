// post/vacation.h - the answer of somebody who is away (RFC 8621 8): what is kept of it, to which messages it may go (RFC 3834, RFC 5230
// 4.5, 4.6), and its letter. Pure; whom it went to already is auto_replies' to know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/address.h"
#include "mail/message.h"
#include "mail/text.h"

namespace posthorn::post {

// A JMAP object of the account; there is one at most.
struct VacationRecord {
  bool enabled = false;
  std::optional<WallTime> from, to;
  std::optional<std::string> subject, text, html;
};
std::string encode(const VacationRecord& record);
Result<VacationRecord> decode_vacation(std::string_view bytes);
bool is_away(const VacationRecord& record, WallTime now);

// Why a message gets no answer of this kind, whoever it is to; empty: it may have one.
std::string_view not_to_be_answered(const mail::Message& message, const mail::Address& reverse_path);
// Whom it is openly to: To, Cc, Bcc and their Resent- forms; the first hundred.
std::vector<mail::Address> openly_to(const mail::Message& message);

struct VacationReply {
  const VacationRecord& vacation;
  const mail::Message& message;  // that is answered
  mail::Address from, to;
  std::string_view from_name;    // UTF-8
  std::string_view host_name, unique;
  mail::Date now;
};
// The whole message, CRLF lines, to be sent with a null reverse-path.
std::string write_vacation(const VacationReply& reply);

}  // namespace posthorn::post
