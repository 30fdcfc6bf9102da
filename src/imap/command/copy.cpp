// imap/command/copy.cpp - COPY and MOVE (RFC 9051 6.4.7, 6.4.8; RFC 6851) with COPYUID (RFC 4315).
#include "imap/grammar/sequence_set.h"
#include "imap/server/arguments.h"

namespace posthorn::imap {
namespace {

struct Order {
  std::vector<Uid> uids;
  MailboxId to{};
};

Taken<Order> take_order(Session& session, Call& call) {
  const auto messages = take_messages(session, call);
  if (!messages) return refuse(messages.error());
  const auto name = take_only_mailbox(session, call);
  if (!name) return refuse(name.error());
  const auto target = find_mailbox(session, *name);
  if (!target) return refuse(target.error().code == "NONEXISTENT" ? no("TRYCREATE", target.error().text) : target.error());
  return Order{uids_of(*session.selected, *messages), target->id};
}

// Empty if nothing was copied: COPYUID's sets cannot be.
std::string copyuid(const store::CopyResult& result) {
  if (result.uids.empty()) return {};
  std::vector<std::uint32_t> from, to;
  for (const auto& [source, target] : result.uids) {
    from.push_back(number(source));
    to.push_back(number(target));
  }
  return "COPYUID " + std::to_string(number(result.uidvalidity)) + " " + format_set(from) + " " + format_set(to);
}

// rfc:2180#4.4 messages named by number that somebody else has removed meanwhile; by UID that is no failure.
bool lost_some(const Call& call, std::size_t asked, const store::CopyResult& result) {
  return call.by == Numbers::sequence && result.uids.size() < asked;
}

}  // namespace

Task<Response> copy(Session& session, Call& call) {
  auto order = take_order(session, call);
  if (!order) co_return std::move(order.error());
  if (order->uids.empty()) co_return ok("Nothing to copy");
  const auto asked = order->uids.size();
  auto done = co_await session.store.copy(session.account(), session.selected->id(), std::move(order->uids), order->to);
  if (!done) co_return refusal_of(done.error());
  if (done->uids.empty() && lost_some(call, asked, *done)) co_return no("EXPUNGEISSUED", "The messages are gone");
  co_return ok(copyuid(*done), "Done");
}

Task<Response> move(Session& session, Call& call) {
  if (session.selected->access() == Access::read_only) co_return no("READ-ONLY", "The mailbox was opened with EXAMINE");
  auto order = take_order(session, call);
  if (!order) co_return std::move(order.error());
  if (order->uids.empty()) co_return ok("Nothing to move");
  const auto asked = order->uids.size();
  // rfc:6851#3.3 to the mailbox where they are: the store would give them new UIDs, which is what COPY and EXPUNGE would do.
  auto done = co_await session.store.move(session.account(), session.selected->id(), std::move(order->uids), order->to);
  if (!done) co_return refusal_of(done.error());
  if (done->uids.empty() && lost_some(call, asked, *done)) co_return no("EXPUNGEISSUED", "The messages are gone");
  // rfc:6851#4.3 COPYUID comes before the EXPUNGE responses, so in an untagged OK.
  if (const auto code = copyuid(*done); !code.empty()) session.untagged("OK [" + code + "] Moved");
  co_return ok("Done");
}

}  // namespace posthorn::imap
