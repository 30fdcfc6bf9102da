// mail/json.h - a message as JSON for people and tests: what `posthorn mime FILE --json` prints. Pure.
#pragma once

#include <boost/json/value.hpp>

#include "mail/message.h"
#include "mail/summary.h"

namespace posthorn::mail {

// {"size", "from", "to", "cc", "bcc", "subject", "date", "sent", "message_id", "references", "preview", "has_attachment",
// "ambiguities": ["bad_base64"...], "envelope": {raw}, "parts": [{"path": "1.2", "type": "text/plain", ...}]}.
// All texts are valid UTF-8; "path" is the section number of IMAP, with TEXT for a multipart that has none.
boost::json::value to_json(const Message& message);
boost::json::value to_json(const Envelope& envelope);

}  // namespace posthorn::mail
