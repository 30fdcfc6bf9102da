// jmap/mail/mailbox_json.h - a Mailbox as JSON (RFC 8621 2). Pure.
#pragma once

#include <boost/json/object.hpp>

#include "jmap/mail/mailbox_tree.h"
#include "store/catalog.h"

namespace posthorn::jmap {

inline constexpr std::array<std::string_view, 11> mailbox_properties = {"id",           "name",         "parentId",      "role",     "sortOrder",   "totalEmails",
                                                                        "unreadEmails", "totalThreads", "unreadThreads", "myRights", "isSubscribed"};

boost::json::object mailbox_json(const TreeMailbox& one, const store::Catalog::MailboxCounts& counts);

}  // namespace posthorn::jmap
