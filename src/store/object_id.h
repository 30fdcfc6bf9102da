// store/object_id.h - ids of Emails, threads and mailboxes as text: EMAILID, THREADID and MAILBOXID of IMAP (RFC 8474), ids of JMAP,
// the same in both (RFC 8621 1.6). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace posthorn::store {

// A letter for the kind and hexadecimal: never only digits, never a leading '-' (RFC 8620 1.2's advice).
std::string object_id(EmailId id);    // "M1f"
std::string object_id(ThreadId id);   // "T1f"
std::string object_id(MailboxId id);  // "F1f"
std::string object_id(ObjectId id);   // "O1f"

// nothing if `text` is no id of ours: such an id names nothing, and a search for it finds nothing.
std::optional<EmailId> email_id_of(std::string_view text);
std::optional<ThreadId> thread_id_of(std::string_view text);
std::optional<MailboxId> mailbox_id_of(std::string_view text);
std::optional<ObjectId> object_id_of(std::string_view text);

}  // namespace posthorn::store
