// jmap/mail/envelope.h - the Envelope of an EmailSubmission (RFC 8621 7): read from a client, or made from the message; its parameters
// by the grammar of SMTP, and HOLDFOR and HOLDUNTIL (RFC 4865). Pure.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "jmap/core/method.h"
#include "mail/message.h"
#include "smtp/types.h"

namespace posthorn::jmap {

struct ReadEnvelope {
  smtp::MailFrom from;
  std::vector<smtp::RcptTo> to;
  std::optional<WallTime> release;  // later than now
  boost::json::object json;         // as it is told
};
// Who hands in what is sent by JMAP, as the post office is told.
smtp::Peer peer_of(const Call& call);
std::expected<ReadEnvelope, SetError> read_envelope(const boost::json::value& envelope, WallTime now);
// rfc:8621#7: from Sender or From, else `fallback`; to To, Cc and Bcc, each once.
std::expected<ReadEnvelope, SetError> envelope_of(const mail::Message& message, const std::string& fallback, const std::function<bool(const mail::Address&)>& may_send_from);

}  // namespace posthorn::jmap
