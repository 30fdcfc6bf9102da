// imap/grammar/object_id.h - EMAILID, THREADID and MAILBOXID (RFC 8474): the ids as text, the same text JMAP uses. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cursor.h"
#include "base/ids.h"

namespace posthorn::imap {

// A letter for the kind and hexadecimal: never only digits, never a leading '-' (RFC 8620 1.2's advice).
std::string object_id(EmailId id);    // "M1f"
std::string object_id(ThreadId id);   // "T1f"
std::string object_id(MailboxId id);  // "F1f"

// nothing if `text` is no id of ours: such an id names nothing, and a search for it finds nothing.
std::optional<EmailId> email_id_of(std::string_view text);
std::optional<ThreadId> thread_id_of(std::string_view text);

// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
std::optional<std::string_view> take_object_id(Cursor& in);

}  // namespace posthorn::imap
