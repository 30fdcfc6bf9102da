// jmap/mail/methods.h - the methods of mail (RFC 8621), one file each, and their table.
#pragma once

#include "jmap/core/method.h"

namespace posthorn::jmap {

Task<Answer> mailbox_get(Call& call, boost::json::object arguments);
Task<Answer> mailbox_changes(Call& call, boost::json::object arguments);
Task<Answer> mailbox_query(Call& call, boost::json::object arguments);
Task<Answer> mailbox_query_changes(Call& call, boost::json::object arguments);
Task<Answer> mailbox_set(Call& call, boost::json::object arguments);
Task<Answer> thread_get(Call& call, boost::json::object arguments);
Task<Answer> thread_changes(Call& call, boost::json::object arguments);
Task<Answer> email_get(Call& call, boost::json::object arguments);
Task<Answer> email_changes(Call& call, boost::json::object arguments);
Task<Answer> email_query(Call& call, boost::json::object arguments);
Task<Answer> email_query_changes(Call& call, boost::json::object arguments);
Task<Answer> email_set(Call& call, boost::json::object arguments);
Task<Answer> email_copy(Call& call, boost::json::object arguments);
Task<Answer> email_import(Call& call, boost::json::object arguments);
Task<Answer> email_parse(Call& call, boost::json::object arguments);
Task<Answer> search_snippet_get(Call& call, boost::json::object arguments);
Task<Answer> identity_get(Call& call, boost::json::object arguments);
Task<Answer> identity_changes(Call& call, boost::json::object arguments);
Task<Answer> identity_set(Call& call, boost::json::object arguments);
Task<Answer> submission_get(Call& call, boost::json::object arguments);
Task<Answer> submission_changes(Call& call, boost::json::object arguments);
Task<Answer> submission_query(Call& call, boost::json::object arguments);
Task<Answer> submission_query_changes(Call& call, boost::json::object arguments);
Task<Answer> submission_set(Call& call, boost::json::object arguments);
Task<Answer> vacation_get(Call& call, boost::json::object arguments);
Task<Answer> vacation_set(Call& call, boost::json::object arguments);
Task<Answer> journey_get(Call& call, boost::json::object arguments);

std::span<const Method> mail_methods();

// What an account's Session says of mail and of submission (RFC 8621 1.3).
boost::json::object mail_capability(const Services& services);
boost::json::object submission_capability(const Services& services);

inline constexpr std::size_t mailboxes_per_email = 100;
inline constexpr std::uint64_t longest_delay = 60ull * 60 * 24 * 365;  // seconds, of FUTURERELEASE

}  // namespace posthorn::jmap
