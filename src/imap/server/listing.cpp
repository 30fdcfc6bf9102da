#include "imap/server/listing.h"

#include <algorithm>
#include <map>

#include "imap/grammar/mailbox_name.h"
#include "imap/server/special_use.h"

namespace posthorn::imap {
namespace {

using Tree = std::map<std::string, Listed, std::less<>>;

bool match(const ListQuery& query, const std::string& name) {
  return std::ranges::any_of(query.patterns, [&name](const Pattern& pattern) { return pattern.matches(name); });
}

bool select(const ListQuery& query, const store::Mailbox& mailbox) {
  if (query.subscribed && !mailbox.subscribed) return false;
  return !query.special_use || !attribute_of(mailbox.role).empty();
}

// All names above `name`, whether there are such mailboxes or not.
template <class Call>
void for_each_parent(const std::string& name, Call call) {
  for (auto at = name.find(hierarchy_delimiter); at != std::string::npos; at = name.find(hierarchy_delimiter, at + 1)) call(name.substr(0, at));
}

}  // namespace

std::vector<Listed> matching(const std::vector<store::Mailbox>& mailboxes, const ListQuery& query) {
  Tree tree;
  for (const auto& mailbox : mailboxes) {
    auto& node = tree[mailbox.name];
    node.name = mailbox.name;
    node.mailbox = &mailbox;
    node.selected = select(query, mailbox);
    const bool hidden = query.recursive && node.selected && !match(query, mailbox.name);
    for_each_parent(mailbox.name, [&](const std::string& above) {
      auto& parent = tree[above];
      parent.name = above;
      parent.has_children = true;
      if (hidden) parent.child_info = true;
    });
  }
  std::vector<Listed> out;
  const bool everything = !query.subscribed && !query.special_use;
  for (auto& [name, node] : tree) {
    const bool wanted = node.selected || node.child_info || (everything && node.mailbox == nullptr);
    if (wanted && match(query, name)) out.push_back(std::move(node));
  }
  return out;
}

}  // namespace posthorn::imap
