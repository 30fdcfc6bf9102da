#include "imap/server/status_items.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "imap/grammar/object_id.h"
#include "imap/grammar/tokens.h"

namespace posthorn::imap {
namespace {

// By StatusItem.
constexpr std::array<std::string_view, 10> names{"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN",
                                                 "DELETED",  "SIZE",   "HIGHESTMODSEQ", "APPENDLIMIT", "MAILBOXID"};

std::string value_of(const Session& session, const store::Mailbox& mailbox, StatusItem item) {
  switch (item) {
    case StatusItem::messages: return std::to_string(mailbox.counts.total);
    case StatusItem::recent: return "0";  // which session saw a message first is not kept (fetch/respond.h)
    case StatusItem::uidnext: return std::to_string(number(mailbox.uidnext));
    case StatusItem::uidvalidity: return std::to_string(number(mailbox.uidvalidity));
    case StatusItem::unseen: return std::to_string(mailbox.counts.unseen);
    case StatusItem::deleted: return std::to_string(mailbox.counts.deleted);
    case StatusItem::size: return std::to_string(mailbox.counts.bytes);
    case StatusItem::highestmodseq: return std::to_string(number(mailbox.highestmodseq));
    case StatusItem::appendlimit: return std::to_string(session.options.append_limit);
    case StatusItem::mailboxid: return "(" + object_id(mailbox.id) + ")";
  }
  return {};
}

}  // namespace

Taken<std::vector<StatusItem>> take_status_items(Cursor& in) {
  std::vector<StatusItem> items;
  if (!in.take('(')) return refuse(bad("A list of status items is missing"));
  do {
    const auto word = take_atom(in);
    const auto found = std::ranges::find_if(names, [&](std::string_view name) { return word && equal_icase(name, *word); });
    if (found == names.end()) return refuse(bad("That is no status item"));
    const auto item = static_cast<StatusItem>(found - names.begin());
    if (std::ranges::find(items, item) == items.end()) items.push_back(item);
  } while (take_space(in));
  if (!in.take(')')) return refuse(bad("A list of status items ends with a parenthesis"));
  return items;
}

void append_status(Session& session, const store::Mailbox& mailbox, const std::vector<StatusItem>& items) {
  auto& out = session.out;
  out += "* STATUS ";
  append_mailbox(out, mailbox.name, session.name_form());
  out += " (";
  for (const auto item : items) {
    if (item != items.front()) out += ' ';
    out.append(names[static_cast<std::size_t>(item)]).append(" ").append(value_of(session, mailbox, item));
  }
  out += ")\r\n";
  if (std::ranges::find(items, StatusItem::highestmodseq) != items.end()) session.enable_condstore();
}

}  // namespace posthorn::imap
