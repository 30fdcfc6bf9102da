// imap/grammar/object_id.h - EMAILID, THREADID and MAILBOXID (RFC 8474): the ids as text, the same text JMAP uses. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/cursor.h"
#include "store/object_id.h"

namespace posthorn::imap {

using store::email_id_of;
using store::object_id;
using store::thread_id_of;

// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
std::optional<std::string_view> take_object_id(Cursor& in);

}  // namespace posthorn::imap
