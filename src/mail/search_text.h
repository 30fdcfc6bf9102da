// mail/search_text.h - which texts of a message a search looks at: what people read of it, not its encoding. Pure.
// Security: bounded by `searched_text`, whatever the message holds.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/message.h"

namespace posthorn::mail {

// Octets of text of one message that are searched, all its parts together. Letters of people are below 1 % of it.
inline constexpr std::size_t searched_text = 1u << 20;

// The texts of a message's body, part by part, HTML without its tags; `take` says whether to go on.
void each_body_text(const Message& message, const std::function<bool(std::string_view text)>& take);
// A line for each: the name as people read it, and the address.
std::string addresses_text(const std::vector<HeaderAddress>& addresses);
// A header field's value as people read it.
std::string field_text(const HeaderField& field);

}  // namespace posthorn::mail
