#include "jmap/mail/mailbox_query.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "jmap/mail/listed.h"
#include "mail/fold.h"
#include "store/store.h"

namespace posthorn::jmap {
namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 2> sort_properties = {"sortOrder", "name"};

std::string shown_name(const TreeMailbox& one) { return one.mailbox->id == store::inbox_id ? "Inbox" : one.name; }

Status check(const json::object& condition) {
  for (const auto& [name, value] : condition) {
    const bool text_or_null = name == "parentId" || name == "role", flag = name == "hasAnyRole" || name == "isSubscribed";
    if (!text_or_null && !flag && name != "name") return fail(Errc::unsupported, "there is no filter condition \"" + printable(name, 100) + "\"");
    const bool good = text_or_null ? value.is_string() || value.is_null() : flag ? value.is_bool() : value.is_string();
    if (!good) return fail(Errc::invalid, std::string(name) + " has a value of the wrong type");
  }
  return {};
}

bool matches(const TreeMailbox& one, const json::object& condition) {
  for (const auto& [name, value] : condition) {
    const auto text = value.is_string() ? std::string(value.get_string()) : std::string();
    const auto role = name_of(one.mailbox->role);
    bool good = true;
    if (name == "parentId") good = (one.parent ? store::object_id(*one.parent) : std::string()) == text;
    else if (name == "name") good = mail::contains(mail::folded(shown_name(one)), mail::folded(text));
    else if (name == "role") good = role == text;
    else if (name == "hasAnyRole") good = !role.empty() == value.get_bool();
    else if (name == "isSubscribed") good = one.mailbox->subscribed == value.get_bool();
    if (!good) return false;
  }
  return true;
}

}  // namespace

Expected<MailboxQuery> read_mailbox_query(Arguments& arguments) {
  MailboxQuery out;
  JMAP_TRY(out.filter, read_conditions(arguments, check));
  JMAP_TRY(out.sort, read_sort(arguments, sort_properties));
  JMAP_TRY(const auto sort_tree, arguments.boolean("sortAsTree"));
  JMAP_TRY(const auto filter_tree, arguments.boolean("filterAsTree"));
  out.sort_as_tree = sort_tree.value_or(false);
  out.filter_as_tree = filter_tree.value_or(false);
  return out;
}

std::vector<std::string> run(const MailboxQuery& query, const MailboxTree& tree) {
  std::set<MailboxId> in;
  // Parents come before their children.
  for (const auto& one : tree.all()) {
    const bool above = !query.filter_as_tree || !one.parent || in.contains(*one.parent);
    if (above && query.filter.matches([&one](const json::object& condition) { return matches(one, condition); })) in.insert(one.mailbox->id);
  }
  std::map<MailboxId, std::string> names;
  for (const auto& one : tree.all()) names[one.mailbox->id] = mail::folded(shown_name(one));
  const auto before = [&](const TreeMailbox* a, const TreeMailbox* b) {
    for (const auto& by : query.sort) {
      const auto order = by.property == "name" ? names[a->mailbox->id] <=> names[b->mailbox->id] : a->mailbox->sort_order <=> b->mailbox->sort_order;
      if (order != 0) return (order < 0) == by.ascending;
    }
    return a->mailbox->id < b->mailbox->id;
  };
  // As a tree: what is compared is the pair of ancestors that are siblings.
  const auto line = [&tree](const TreeMailbox* one) {
    std::vector<const TreeMailbox*> out{one};
    while (out.back()->parent) out.push_back(tree.find(*out.back()->parent));
    std::ranges::reverse(out);
    return out;
  };
  const auto tree_before = [&](const TreeMailbox* a, const TreeMailbox* b) {
    const auto x = line(a), y = line(b);
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (x[i] != y[i]) return before(x[i], y[i]);
    return x.size() < y.size();
  };
  std::vector<const TreeMailbox*> some;
  for (const auto& one : tree.all())
    if (in.contains(one.mailbox->id)) some.push_back(&one);
  if (query.sort_as_tree) std::sort(some.begin(), some.end(), tree_before);
  else std::sort(some.begin(), some.end(), before);
  std::vector<std::string> out;
  for (const auto* one : some) out.push_back(store::object_id(one->mailbox->id));
  return out;
}

}  // namespace posthorn::jmap
