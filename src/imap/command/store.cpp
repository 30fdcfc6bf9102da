// imap/command/store.cpp - STORE and UID STORE (RFC 9051 6.4.6), UNCHANGEDSINCE and MODIFIED (RFC 7162 3.1.3).
#include <algorithm>

#include "imap/fetch/respond.h"
#include "imap/grammar/sequence_set.h"
#include "imap/grammar/tokens.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

struct Order {
  std::vector<std::size_t> messages;
  store::FlagRequest request;
  bool silent = false;
};

// [SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"]
Taken<std::monostate> take_modifier(Session& session, Cursor& in, store::FlagRequest& request) {
  if (!in.take('(')) return std::monostate();
  if (!take_word(in, "UNCHANGEDSINCE") || !take_space(in)) return refuse(bad("That is no modifier of STORE"));
  const auto modseq = take_number64(in);
  if (!modseq || !in.take(')') || !take_space(in)) return refuse(bad("UNCHANGEDSINCE takes a mod-sequence"));
  request.unchanged_since = ModSeq{*modseq};
  session.enable_condstore();
  return std::monostate();
}

Taken<Order> take_order(Session& session, Call& call) {
  Order order;
  auto& in = call.in;
  auto messages = take_messages(session, call);
  if (!messages) return refuse(std::move(messages.error()));
  order.messages = std::move(*messages);
  if (!take_space(in)) return refuse(bad("STORE takes a message set and flags"));
  if (auto modifier = take_modifier(session, in, order.request); !modifier) return refuse(std::move(modifier.error()));
  if (in.take('+')) order.request.change = store::FlagChange::add;
  else if (in.take('-')) order.request.change = store::FlagChange::remove;
  order.silent = take_word(in, "FLAGS.SILENT");
  if ((!order.silent && !take_word(in, "FLAGS")) || !take_space(in)) return refuse(bad("STORE changes FLAGS"));
  auto flags = take_store_flags(in);
  if (!flags || !in.done()) return refuse(bad("That is no list of flags"));
  order.request.flags = std::move(*flags);
  return order;
}

void append_change(Session& session, const Call& call, const Order& order, std::size_t index) {
  auto& out = session.out;
  const auto& row = session.selected->rows()[index];
  out.append("* ").append(std::to_string(index + 1)).append(" FETCH (");
  // rfc:9051#6.4.9 UID STORE's responses hold the UID.
  if (call.by == Numbers::uid || session.condstore) out.append("UID ").append(std::to_string(number(row.uid))).append(" ");
  if (!order.silent) {
    out += "FLAGS ";
    append_flags(out, row.flags, session.keywords);
  }
  // rfc:7162#3.1.3 the new mod-sequence is told even if the flags are not.
  if (session.condstore) out.append(order.silent ? "MODSEQ (" : " MODSEQ (").append(std::to_string(number(row.modseq))).append(")");
  out += ")\r\n";
}

std::string modified(const Session& session, const Call& call, const std::vector<Uid>& refused) {
  std::vector<std::uint32_t> numbers;
  for (const auto uid : refused) {
    const auto index = session.selected->find(uid);
    if (index) numbers.push_back(call.by == Numbers::uid ? number(uid) : static_cast<std::uint32_t>(*index + 1));
  }
  std::ranges::sort(numbers);
  return "MODIFIED " + format_set(numbers);
}

}  // namespace

Task<Response> store_flags(Session& session, Call& call) {
  const auto order = take_order(session, call);
  if (!order) co_return order.error();
  if (session.selected->access() == Access::read_only) co_return no("READ-ONLY", "The mailbox was opened with EXAMINE");
  if (order->messages.empty()) co_return ok("Nothing to change");
  auto uids = uids_of(*session.selected, order->messages);
  auto done = co_await session.store.change_flags(session.account(), session.selected->id(), std::move(uids), order->request);
  if (!done) co_return refusal_of(done.error());
  session.refresh_keywords(session.view());
  for (const auto& row : done->changed) {
    session.selected->note(row);
    const auto index = session.selected->find(row.uid);
    if (index && (!order->silent || session.condstore)) append_change(session, call, *order, *index);
    const bool written = co_await session.flush_if_much();
    if (!written) co_return said();
  }
  if (!done->modified.empty()) co_return ok(modified(session, call, done->modified), "Some were changed meanwhile");
  // rfc:2180#4.2.1 by number they should be there; by UID their absence is no failure.
  const bool some_gone = done->changed.size() < order->messages.size() && call.by == Numbers::sequence;
  if (some_gone) co_return no("EXPUNGEISSUED", "Some of the messages are gone");
  co_return ok("Done");
}

}  // namespace posthorn::imap
