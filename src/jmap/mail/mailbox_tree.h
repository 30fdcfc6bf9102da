// jmap/mail/mailbox_tree.h - the account's mailboxes as JMAP's forest (RFC 8621 2): the store keeps paths "a/b/c", a client sees a name
// and a parent. A path whose parent is not there hangs on the nearest that is. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/types.h"

namespace posthorn::jmap {

struct TreeMailbox {
  const store::Mailbox* mailbox = nullptr;
  std::optional<MailboxId> parent;
  std::string name;
  std::size_t depth = 0;
  bool has_child = false;
};

class MailboxTree {
 public:
  explicit MailboxTree(std::vector<store::Mailbox> mailboxes);
  MailboxTree(const MailboxTree&) = delete;
  MailboxTree(MailboxTree&&) = default;

  const std::vector<TreeMailbox>& all() const { return all_; }  // by path
  const TreeMailbox* find(MailboxId id) const;
  // The path of a child of that name; the error says what is wrong with the name.
  std::string path_of(std::optional<MailboxId> parent, std::string_view name) const;

 private:
  std::vector<store::Mailbox> mailboxes_;
  std::vector<TreeMailbox> all_;
  std::map<MailboxId, std::size_t> index_;
};

std::string_view name_of(store::Role role);  // "inbox"; empty: none
std::optional<store::Role> role_of(std::string_view name);

}  // namespace posthorn::jmap
