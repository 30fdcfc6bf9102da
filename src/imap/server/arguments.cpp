#include "imap/server/arguments.h"

#include "imap/grammar/tokens.h"

namespace posthorn::imap {

Taken<std::string> take_mailbox(Session& session, Cursor& in) {
  if (!take_space(in)) return refuse(bad("The name of a mailbox is missing"));
  const auto text = take_astring(in);
  if (!text) return refuse(bad("That is no mailbox name"));
  auto name = mailbox_from_wire(*text, session.name_form());
  if (!name) return refuse(no("CANNOT", name.error().what));
  return std::move(*name);
}

Taken<std::string> take_only_mailbox(Session& session, Call& call) {
  auto name = take_mailbox(session, call.in);
  if (name && !call.in.done()) return refuse(bad("There is something behind the mailbox name"));
  return name;
}

Taken<store::Mailbox> find_mailbox(Session& session, const std::string& name) {
  auto found = session.view().mailbox(name);
  if (!found) return refuse(refusal_of(found.error()));
  if (!*found) return refuse(no("NONEXISTENT", "There is no such mailbox"));
  return std::move(**found);
}

Taken<std::vector<std::size_t>> take_messages(Session& session, Call& call) {
  if (!take_space(call.in)) return refuse(bad("A message set is missing"));
  const auto set = take_sequence_set(call.in);
  if (!set) return refuse(bad("That is no message set"));
  auto indices = session.selected->resolve(*set, call.by);
  if (!indices) return refuse(syntax_refusal(indices.error()));
  return std::move(*indices);
}

std::vector<Uid> uids_of(const Selected& selected, const std::vector<std::size_t>& indices) {
  std::vector<Uid> uids;
  uids.reserve(indices.size());
  for (const auto index : indices) uids.push_back(selected.rows()[index].uid);
  return uids;
}

Taken<std::monostate> take_end(Call& call) {
  if (!call.in.done()) return refuse(bad("The command takes no more arguments"));
  return std::monostate();
}

}  // namespace posthorn::imap
