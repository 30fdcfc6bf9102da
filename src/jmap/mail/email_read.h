// jmap/mail/email_read.h - reading an Email, or a blob that is a message, for email_json(); and the arguments that Email/get and
// Email/parse share.
#pragma once

#include "jmap/mail/support.h"

namespace posthorn::jmap {

// What the selection needs of it; nothing if JMAP does not show it.
Result<std::optional<EmailSource>> read_email(const store::View& view, EmailId id, const EmailSelection& selection);
// A message that is in no mailbox.
EmailSource source_of_blob(std::string blob_id, std::string bytes);

// bodyProperties, fetch...BodyValues, maxBodyValueBytes.
Expected<BodyRequest> read_body_request(Arguments& arguments);
Expected<EmailSelection> selection_of(const std::vector<std::string>& properties, BodyRequest body);

}  // namespace posthorn::jmap
