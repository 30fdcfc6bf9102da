#include "jmap/mail/mailbox_tree.h"

#include <algorithm>
#include <array>

namespace posthorn::jmap {
namespace {

constexpr std::array<std::string_view, 11> roles = {"", "inbox", "archive", "drafts", "junk", "sent", "trash", "all", "flagged", "important", "snoozed"};

}  // namespace

MailboxTree::MailboxTree(std::vector<store::Mailbox> mailboxes) : mailboxes_(std::move(mailboxes)) {
  std::map<std::string_view, std::size_t> paths;
  for (std::size_t i = 0; i < mailboxes_.size(); ++i) {
    const std::string_view path = mailboxes_[i].name;
    TreeMailbox one;
    one.mailbox = &mailboxes_[i];
    one.name = path;
    for (auto slash = path.rfind('/'); slash != path.npos && slash > 0; slash = path.rfind('/', slash - 1)) {
      const auto above = paths.find(path.substr(0, slash));
      if (above == paths.end()) continue;
      one.parent = mailboxes_[above->second].id;
      one.name = path.substr(slash + 1);
      one.depth = all_[above->second].depth + 1;
      all_[above->second].has_child = true;
      break;
    }
    // The store gives them by name, so a parent stands before its children.
    paths[path] = i;
    index_[mailboxes_[i].id] = i;
    all_.push_back(std::move(one));
  }
}

const TreeMailbox* MailboxTree::find(MailboxId id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &all_[found->second];
}

std::string MailboxTree::path_of(std::optional<MailboxId> parent, std::string_view name) const {
  const auto* above = parent ? find(*parent) : nullptr;
  return above == nullptr ? std::string(name) : above->mailbox->name + "/" + std::string(name);
}

std::string_view name_of(store::Role role) { return roles[static_cast<std::size_t>(role)]; }

std::optional<store::Role> role_of(std::string_view name) {
  const auto found = std::ranges::find(roles, name);
  if (found == roles.end() || name.empty()) return std::nullopt;
  return static_cast<store::Role>(found - roles.begin());
}

}  // namespace posthorn::jmap
