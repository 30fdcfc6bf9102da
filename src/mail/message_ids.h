// mail/message_ids.h - message-ids of Message-ID, References and In-Reply-To (RFC 5322 3.6.4). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace posthorn::mail {

inline constexpr std::size_t most_references = 100;

// Everything in <...>, without the brackets, in order.
std::vector<std::string_view> message_ids(std::string_view unfolded_value);
// The first of a Message-ID field, or its whole word if it has no brackets.
std::string message_id_of(std::string_view unfolded_value);
// Both fields together without doubles; of more than most_references the first and the last ones.
std::vector<std::string> thread_references(std::string_view references, std::string_view in_reply_to);

}  // namespace posthorn::mail
