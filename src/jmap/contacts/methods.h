// jmap/contacts/methods.h - JMAP for contacts (RFC 9610): address books and cards in JSContact (RFC 9553), and their table. Inside jmap only.
#pragma once

#include <boost/json/object.hpp>

#include "jmap/core/method.h"

namespace posthorn::jmap {

Task<Answer> book_get(Call& call, boost::json::object arguments);
Task<Answer> book_changes(Call& call, boost::json::object arguments);
Task<Answer> book_set(Call& call, boost::json::object arguments);
Task<Answer> card_get(Call& call, boost::json::object arguments);
Task<Answer> card_changes(Call& call, boost::json::object arguments);
Task<Answer> card_query(Call& call, boost::json::object arguments);
Task<Answer> card_query_changes(Call& call, boost::json::object arguments);
Task<Answer> card_set(Call& call, boost::json::object arguments);
Task<Answer> card_copy(Call& call, boost::json::object arguments);

std::span<const Method> contacts_methods();
// rfc:9610#1.5.1, of an account.
boost::json::object contacts_capability(const Services& services);

}  // namespace posthorn::jmap
