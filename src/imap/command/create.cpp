// imap/command/create.cpp - CREATE (RFC 9051 6.3.4) with USE (RFC 6154 3).
#include "imap/grammar/object_id.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"
#include "imap/server/special_use.h"

namespace posthorn::imap {
namespace {

// [SP "(" "USE" SP "(" use-attr ")" ")"]. A mailbox of ours has one use at most.
Taken<store::Role> take_use(Cursor& in) {
  if (in.done()) return store::Role::none;
  if (!in.take(" (") || !take_word(in, "USE") || !in.take(" (")) return refuse(bad("CREATE takes a mailbox and perhaps (USE (...))"));
  std::vector<std::string> uses;
  while (in.take('\\')) {
    const auto word = take_atom(in);
    if (!word) break;
    uses.push_back("\\" + std::string(*word));
    if (!take_space(in)) break;
  }
  if (!in.take("))") || !in.done()) return refuse(bad("USE takes a list of attributes"));
  if (uses.empty()) return store::Role::none;
  const auto role = uses.size() == 1 ? role_of(uses.front()) : std::nullopt;
  if (!role) return refuse(no("USEATTR", "That special use is not offered"));
  return *role;
}

}  // namespace

Task<Response> create(Session& session, Call& call) {
  auto name = take_mailbox(session, call.in);
  if (!name) co_return std::move(name.error());
  const auto role = take_use(call.in);
  if (!role) co_return role.error();
  auto made = co_await session.store.create_mailbox(session.account(), *name, *role);
  if (!made) {
    const bool use_is_taken = *role != store::Role::none && made.error().code == Errc::exists && !find_mailbox(session, *name);
    co_return use_is_taken ? no("USEATTR", "Another mailbox has that special use") : refusal_of(made.error());
  }
  co_return ok("MAILBOXID (" + object_id(made->id) + ")", "Done");
}

}  // namespace posthorn::imap
