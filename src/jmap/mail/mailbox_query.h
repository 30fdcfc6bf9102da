// jmap/mail/mailbox_query.h - which mailboxes, in which order (RFC 8621 2.3): filter, sort, both also as a tree.
#pragma once

#include "jmap/mail/condition_tree.h"
#include "jmap/mail/mailbox_tree.h"
#include "jmap/mail/support.h"

namespace posthorn::jmap {

struct MailboxQuery {
  ConditionTree filter;
  std::vector<Comparator> sort;
  bool sort_as_tree = false, filter_as_tree = false;
};
Expected<MailboxQuery> read_mailbox_query(Arguments& arguments);
// Their ids as text, in order.
std::vector<std::string> run(const MailboxQuery& query, const MailboxTree& tree);

}  // namespace posthorn::jmap
