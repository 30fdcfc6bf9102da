// jmap/mail/leaving.h - how a mailing list is left (RFC 2369 section 3.2, RFC 8058): what a message offers, and whether its one click may be
// done for its reader. Pure. Called by Unsubscribe/get and Email/unsubscribe.
// Security: the fields come from strangers. One click is done only where the message has each field once and a DKIM signature that held
// when it came covers both (rfc:8058#4): nobody on its way can have made us ask something of a third one.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mail/message.h"

namespace posthorn::jmap {

struct Leaving {
  enum class How : unsigned char { none, page, mail, one_click };
  How how = How::none;
  std::string url;        // https: or mailto:, as it was written
  std::string to;         // the host or the address that is told
  std::string signed_by;  // of one click: the domain whose signature covers it
  std::string why_not;    // of messages that ask for one click and do not get it: a sentence
};

// `evidence`: what was kept when it came; nullptr: nothing was.
Leaving leaving_of(const mail::Message& message, const boost::json::object* evidence);
boost::json::object leaving_json(const Leaving& leaving);

}  // namespace posthorn::jmap
