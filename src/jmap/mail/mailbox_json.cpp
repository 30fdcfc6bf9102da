#include "jmap/mail/mailbox_json.h"

#include "jmap/mail/header_property.h"
#include "store/object_id.h"
#include "store/store.h"

namespace posthorn::jmap {

boost::json::object mailbox_json(const TreeMailbox& one, const store::Catalog::MailboxCounts& counts) {
  namespace json = boost::json;
  const auto& mailbox = *one.mailbox;
  const bool inbox = mailbox.id == store::inbox_id;
  const auto role = name_of(mailbox.role);
  json::object rights;
  for (const auto* right : {"mayReadItems", "mayAddItems", "mayRemoveItems", "maySetSeen", "maySetKeywords", "mayCreateChild", "maySubmit"}) rights[right] = true;
  rights["mayRename"] = rights["mayDelete"] = !inbox;
  return {{"id", store::object_id(mailbox.id)},
          {"name", inbox ? "Inbox" : clean_utf8(one.name)},
          {"parentId", one.parent ? json::value(store::object_id(*one.parent)) : json::value(nullptr)},
          {"role", role.empty() ? json::value(nullptr) : json::value(role)},
          {"sortOrder", mailbox.sort_order},
          {"totalEmails", counts.emails},
          {"unreadEmails", counts.unread},
          {"totalThreads", counts.threads},
          {"unreadThreads", counts.unread_threads},
          {"myRights", std::move(rights)},
          {"isSubscribed", mailbox.subscribed}};
}

}  // namespace posthorn::jmap
