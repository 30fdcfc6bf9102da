// imap/command/list.cpp - LIST (RFC 9051 6.3.9) with selection and return options: RFC 5258, STATUS (RFC 5819), SPECIAL-USE (6154).
// Security: attacks.md E5: patterns are linear (grammar/pattern.h) and few.
#include "imap/grammar/quote.h"
#include "imap/grammar/tokens.h"
#include "imap/server/listing.h"
#include "imap/server/special_use.h"
#include "imap/server/status_items.h"

namespace posthorn::imap {
namespace {

constexpr std::size_t pattern_limit = 20;

struct Order {
  ListQuery query;
  bool root_only = false;             // LIST "" "": asks for the delimiter
  bool tell_subscribed = false;
  std::vector<StatusItem> status;     // RETURN (STATUS ...)
};

// "(" [option *(SP option)] ")"
Taken<std::monostate> take_selection(Cursor& in, Order& order) {
  while (!in.take(')')) {
    if (take_word(in, "SUBSCRIBED")) order.query.subscribed = order.tell_subscribed = true;
    else if (take_word(in, "RECURSIVEMATCH")) order.query.recursive = true;
    else if (take_word(in, "SPECIAL-USE")) order.query.special_use = true;
    else if (!take_word(in, "REMOTE")) return refuse(bad("That is no selection option"));  // all is here, so REMOTE adds nothing
    if (!take_space(in) && in.peek() != ')') return refuse(bad("Selection options stand in parentheses"));
  }
  // rfc:5258#3.1 RECURSIVEMATCH alone has nothing to match.
  if (order.query.recursive && !order.query.subscribed && !order.query.special_use) return refuse(bad("RECURSIVEMATCH needs SUBSCRIBED"));
  return std::monostate();
}

Taken<std::monostate> take_return(Cursor& in, Order& order) {
  if (!take_word(in, "RETURN") || !in.take(" (")) return refuse(bad("RETURN and a list of options may follow"));
  while (!in.take(')')) {
    if (take_word(in, "SUBSCRIBED")) {
      order.tell_subscribed = true;
    } else if (take_word(in, "STATUS")) {
      if (!take_space(in)) return refuse(bad("STATUS takes a list of items"));
      auto items = take_status_items(in);
      if (!items) return refuse(std::move(items.error()));
      order.status = std::move(*items);
    } else if (!take_word(in, "CHILDREN") && !take_word(in, "SPECIAL-USE")) {  // both are always told
      return refuse(bad("That is no return option"));
    }
    if (!take_space(in) && in.peek() != ')') return refuse(bad("Return options stand in parentheses"));
  }
  return std::monostate();
}

Taken<std::monostate> take_pattern(Session& session, Cursor& in, const std::string& reference, Order& order) {
  const auto text = take_list_mailbox(in);
  if (!text) return refuse(bad("That is no mailbox pattern"));
  if (order.query.patterns.size() == pattern_limit) return refuse(no("LIMIT", "Too many patterns"));
  if (text->empty()) {
    order.root_only = true;
    return std::monostate();
  }
  const auto whole = pattern_from_wire(reference + *text, session.name_form());
  if (!whole) return refuse(no("CANNOT", whole.error().what));
  order.query.patterns.emplace_back(*whole);
  return std::monostate();
}

// reference SP (pattern / "(" pattern *(SP pattern) ")")
Taken<std::monostate> take_patterns(Session& session, Cursor& in, Order& order) {
  const auto reference = take_astring(in);
  if (!reference || !take_space(in)) return refuse(bad("LIST takes a reference and a pattern"));
  if (!in.take('(')) return take_pattern(session, in, *reference, order);
  do {
    if (auto one = take_pattern(session, in, *reference, order); !one) return one;
  } while (take_space(in));
  if (!in.take(')')) return refuse(bad("A list of patterns ends with a parenthesis"));
  return std::monostate();
}

Taken<Order> take_order(Session& session, Cursor& in) {
  Order order;
  if (!take_space(in)) return refuse(bad("LIST takes a reference and a pattern"));
  if (in.take('(')) {
    if (auto options = take_selection(in, order); !options) return refuse(std::move(options.error()));
    if (!take_space(in)) return refuse(bad("LIST takes a reference and a pattern"));
  }
  if (auto patterns = take_patterns(session, in, order); !patterns) return refuse(std::move(patterns.error()));
  if (take_space(in)) {
    if (auto options = take_return(in, order); !options) return refuse(std::move(options.error()));
  }
  if (!in.done()) return refuse(bad("There is something behind the pattern"));
  return order;
}

void append_one(Session& session, const Listed& listed, const Order& order) {
  std::string attributes;
  const auto add = [&attributes](std::string_view attribute) {
    if (!attributes.empty()) attributes += ' ';
    attributes += attribute;
  };
  // rfc:9051#7.3.1 \NonExistent says \Noselect too; those who do not know it know that.
  if (listed.mailbox == nullptr) add("\\NonExistent \\Noselect");
  if (order.tell_subscribed && listed.mailbox != nullptr && listed.mailbox->subscribed) add("\\Subscribed");
  add(listed.has_children ? "\\HasChildren" : "\\HasNoChildren");
  if (listed.mailbox != nullptr && !attribute_of(listed.mailbox->role).empty()) add(attribute_of(listed.mailbox->role));
  session.out.append("* LIST (").append(attributes).append(") \"/\" ");
  append_mailbox(session.out, listed.name, session.name_form());
  if (listed.child_info) session.out += order.query.subscribed ? " (CHILDINFO (\"SUBSCRIBED\"))" : " (CHILDINFO (\"SPECIAL-USE\"))";
  session.out += "\r\n";
}

}  // namespace

Task<Response> list(Session& session, Call& call) {
  const auto order = take_order(session, call.in);
  if (!order) co_return order.error();
  if (order->root_only && order->query.patterns.empty()) {
    session.untagged("LIST (\\Noselect) \"/\" \"\"");
    co_return ok("Done");
  }
  const auto mailboxes = session.view().mailboxes();
  if (!mailboxes) co_return refusal_of(mailboxes.error());
  for (const auto& listed : matching(*mailboxes, order->query)) {
    append_one(session, listed, *order);
    if (!order->status.empty() && listed.mailbox != nullptr) append_status(session, *listed.mailbox, order->status);
    const bool written = co_await session.flush_if_much();
    if (!written) co_return said();
  }
  co_return ok("Done");
}

}  // namespace posthorn::imap
